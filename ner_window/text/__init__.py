"""Strings in, integers out: corpora, tags, vocabularies, word vectors, windows. Nothing here knows of gradients."""

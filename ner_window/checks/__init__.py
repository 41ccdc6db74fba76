"""Checks of corpora and of word vectors: every defect at once, each with its place, a code and what to do."""

"""Public corpora and word vectors: what there is, and how it comes to this machine, checked."""

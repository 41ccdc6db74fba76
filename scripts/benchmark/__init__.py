"""The speed of ner_window beside that of its peers: a module for each part and for each peer; see `scripts/bench`."""

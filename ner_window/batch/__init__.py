"""Many files, many processes: each input to an output of its own, in parts, and from where it was stopped."""

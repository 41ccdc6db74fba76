"""Mutation testing of the maths and the metrics; see ../mutants."""

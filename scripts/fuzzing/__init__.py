"""Coverage-guided fuzzing of every reader, by atheris; see README.md."""

"""What a new project starts from: a commented configuration, a small sweep, sample data."""

"""Tags in, figures out."""

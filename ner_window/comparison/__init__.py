"""Trained taggers side by side: whether one is better than another, and by how much."""

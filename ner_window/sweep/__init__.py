"""Sweeps: a training run for each setting of a grid and each seed, and what may be concluded from all of them."""

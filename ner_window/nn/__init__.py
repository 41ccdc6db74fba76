"""Integers and floats, nothing else: the network, its gradients and its optimizers, written by hand in NumPy."""

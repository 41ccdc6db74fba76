"""What one looks at in a tagger: its gradients, its computation graph, its reasons, its word vectors."""

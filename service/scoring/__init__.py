"""Computes the hybrid score from weights, vectors and mixtures, by pure functions."""

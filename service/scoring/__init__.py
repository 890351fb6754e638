"""The hybrid score: weights, one concatenated vector, mixtures. Pure functions."""

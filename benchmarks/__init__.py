"""Measures how fast the service is, as ratios to the naive way in the same run."""

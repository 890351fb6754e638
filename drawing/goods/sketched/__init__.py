"""Goods as flat sketches, each different from the last, for training the compact encoders."""

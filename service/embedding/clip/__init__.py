"""The semantic encoder: CLIP by sentence-transformers."""

"""Untrusted bytes to upright RGB pictures."""

"""Readiness: checks of every part that requests depend on."""

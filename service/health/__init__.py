"""Readiness: checks of all components that requests depend on."""

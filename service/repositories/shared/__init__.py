"""Holds the parts of the vector stores that do not depend on the engine."""

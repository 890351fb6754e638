"""Implements the vector store on a Qdrant server."""

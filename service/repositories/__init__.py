"""Stores: the vector store, embedded or as a server, and the blob store."""

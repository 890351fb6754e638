"""Implements the vector store on the embedded Qdrant engine, which runs in a child process."""

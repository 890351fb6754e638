"""The vector store on the embedded Qdrant engine, in a child process."""

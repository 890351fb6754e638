"""Values, interfaces and errors that every folder shares; it imports nothing outward."""

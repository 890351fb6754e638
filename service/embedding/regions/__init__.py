"""Where in a picture a similarity lies: one decomposition for each encoder."""

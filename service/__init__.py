"""Product search by picture: a JSON service over two encoders and one exact hybrid score."""

__version__ = "0.1.0"

"""Draws the sample catalogue's pictures, and the pictures that the compact encoders learn from.

Both are made of the same outlines, layers, patterns and backgrounds, in two styles that differ on
purpose. `drawing.scene` paints the shaded goods as product photos: they are the sample catalogue,
and the encoders never learn from them. `drawing.sketch` paints the sketched goods flat and with
much variation, to train on; before other backgrounds, the same sketches test the encoders.

The service does not import this package: `python -m drawing` writes the files that it ships.
"""

"""Small encoders that ship with the code, for where the big models' weights cannot be had.

Import `semantic` and `visual` from here by their modules: they load torch, this file does not.
"""

"""The configuration as files: found, placed, named as before, with secrets read from beside them."""

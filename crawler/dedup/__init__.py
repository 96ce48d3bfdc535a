"""Is this text new, a revision of what we have, or a copy of a known story? Values in, a verdict out."""

"""Measures how well articles of the same story are recognised, compared with other methods."""

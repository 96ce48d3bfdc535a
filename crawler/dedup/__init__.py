"""Whether a text is new, a revision of a known article or a copy of a known story: pure functions of values."""

"""Which articles are the same story, beside other methods."""

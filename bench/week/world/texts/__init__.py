"""The texts of articles, for each seed."""

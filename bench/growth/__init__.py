"""How the cost of each thing grows with the number of articles, watches and sources."""

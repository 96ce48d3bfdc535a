"""``watchword doctor``: findings about the whole, each with a verdict and what to do next."""

"""Databases of any number of articles, as a daemon would have filled them."""

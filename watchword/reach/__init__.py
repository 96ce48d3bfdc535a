"""``watchword check --network``: what is tried, a file a kind of place, and the stop at a signal."""

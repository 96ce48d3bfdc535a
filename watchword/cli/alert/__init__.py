"""``watchword alert``."""

"""``watchword source``."""

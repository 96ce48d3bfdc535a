"""``watchword article``."""

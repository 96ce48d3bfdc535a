"""``watchword watch``."""

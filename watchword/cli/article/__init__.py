"""The commands of ``watchword article``."""

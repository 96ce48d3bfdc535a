"""The commands of ``watchword source``."""

"""The commands of ``watchword watch``."""

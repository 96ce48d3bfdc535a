"""The commands of ``watchword alert``."""

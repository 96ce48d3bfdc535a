"""Configurations to start from: ``make run`` reads this folder, ``watchword init`` writes the one in ``first``."""

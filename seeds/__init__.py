"""Configurations to start from, as data: ``make run`` reads this folder, ``watchword init`` writes what is in ``first``."""

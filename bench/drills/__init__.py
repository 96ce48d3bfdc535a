"""Faults of a machine, made on purpose."""

"""Checks over several settings: faults, and doubts that are only reported."""

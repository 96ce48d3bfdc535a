"""Faults and doubts that concern more than one setting."""

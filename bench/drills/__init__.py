"""Drills: faults of a machine, provoked on the real daemon."""

"""Downloading an answer: limits, byte budget, unpacking, and errors in one line for a person."""

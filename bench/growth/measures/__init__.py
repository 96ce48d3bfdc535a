"""What is measured, each at one size: a mapping of names to milliseconds, seconds or counts."""

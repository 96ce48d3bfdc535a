"""Answers as they are received: bounded, unpacked, and failed in words."""

"""The demo: a bundled newspaper served on this machine, and a guided run of the real daemon on it."""

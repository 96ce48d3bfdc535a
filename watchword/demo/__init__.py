"""The demo: a bundled newspaper on loopback, and a guided run of the real daemon on it."""

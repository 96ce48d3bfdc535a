"""The web pages in a real browser: Debian's Chromium, driven by playwright; skipped by name where it is missing."""

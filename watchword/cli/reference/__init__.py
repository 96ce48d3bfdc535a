"""The docs: `watchword docs` shows them, and docs/reference/ is written here."""

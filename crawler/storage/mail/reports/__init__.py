"""Status reports: what is counted for them, and which were written."""

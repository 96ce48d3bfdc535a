"""Telling others that the daemon is well: health checks, Prometheus, the service manager, and who waits for signs of life."""

"""The programs that run in the daemon's place."""

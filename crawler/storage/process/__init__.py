"""Rows about the processes themselves: requests, heartbeats, activity, renamed watches and sources."""

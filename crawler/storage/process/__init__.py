"""Rows about the processes themselves: requests, heartbeats, activity, names that change."""

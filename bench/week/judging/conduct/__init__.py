"""The judges of the daemon's conduct: politeness, secrets, refusals, status reports and memory."""

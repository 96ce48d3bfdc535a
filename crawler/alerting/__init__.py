"""Alerts as messages: what they say, how they look, and the transports they leave by."""

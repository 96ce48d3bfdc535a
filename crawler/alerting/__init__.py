"""Alerts as messages: what a mail says, how it looks, and the transports it leaves by."""

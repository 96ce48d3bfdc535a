"""Alerts as messages: their wording, their layout, and the transports that send them."""

"""Every kind of message, of invented alerts."""

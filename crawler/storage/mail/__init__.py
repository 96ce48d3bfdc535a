"""Alerts, the outbox, deliveries and status reports."""

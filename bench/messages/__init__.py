"""Writes every kind of message, made of invented alerts."""

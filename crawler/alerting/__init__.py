"""Alerts as letters: what a mail says, how it looks, and the ways it leaves the house."""

"""Checks of what this machine brings: versions, rules of time zones, certificate authorities, and who sets its clock."""

"""Checks of what this machine brings: versions, rules of time zones, certificate authorities, who sets its clock, and other machines that work for it."""

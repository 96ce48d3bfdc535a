"""Whole copies of the database: made while it is in use, checked, kept some at a time, and put back."""

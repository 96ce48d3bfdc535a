"""Watches, the key index they are answered from, and their matches."""

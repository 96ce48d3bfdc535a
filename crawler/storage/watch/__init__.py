"""Watches, the key index that is searched for them, their matches and rejections."""

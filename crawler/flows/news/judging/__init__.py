"""Judging an article against what is stored: its draft, address and near-duplicates, and walls that look like articles."""

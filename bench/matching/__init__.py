"""Measures what matching costs, and whether queries find what people expect."""

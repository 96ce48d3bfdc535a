"""How well pages are understood, beside other libraries."""

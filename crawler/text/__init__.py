"""Pure helpers for text and addresses."""

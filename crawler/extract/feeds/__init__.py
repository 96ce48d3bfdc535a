"""Reading feeds: bytes in, entries out."""

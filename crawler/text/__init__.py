"""Pure helpers for text and addresses: values in, values out, no file, clock or network."""

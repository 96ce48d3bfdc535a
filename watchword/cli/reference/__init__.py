"""The generators of docs/reference/, and the command that writes its pages."""

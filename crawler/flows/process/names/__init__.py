"""Names that change in the configuration: whether a source or watch is new or was renamed."""

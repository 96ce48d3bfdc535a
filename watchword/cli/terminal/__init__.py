"""What commands share: the configuration, tables, progress, and requests to the daemon."""

"""What commands share: configuration and database, tables, requests to the daemon, renaming."""

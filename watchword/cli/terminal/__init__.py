"""What commands share: configuration and database, lazy import, times and names as people type them, requests to the daemon."""

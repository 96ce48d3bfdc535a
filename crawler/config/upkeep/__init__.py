"""Settings of what keeps a service running for years: its file, its backups, and who notices when it stops."""

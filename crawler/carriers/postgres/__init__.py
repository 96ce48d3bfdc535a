"""The carrier of a cluster: Procrastinate takes bundles through PostgreSQL to workers; notes come back by a table of our own."""

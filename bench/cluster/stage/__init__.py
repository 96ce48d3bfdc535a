"""A home, PostgreSQL, workers and newspapers on one machine, for measurements of a cluster."""

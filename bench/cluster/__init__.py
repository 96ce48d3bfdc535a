"""A whole cluster on one machine: a real home, PostgreSQL, workers, and what goes wrong between them."""

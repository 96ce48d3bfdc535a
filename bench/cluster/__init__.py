"""A whole cluster on one machine: what it costs beside the visits, and what goes wrong between home, PostgreSQL and workers."""

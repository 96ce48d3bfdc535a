"""What a cluster costs and survives: its queue alone, and a home, PostgreSQL and workers on one machine."""

"""What takes bundles to workers and brings their notes back (protocols: crawler/flows/cluster/carrier.py): memory, and PostgreSQL."""

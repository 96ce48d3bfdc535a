"""What matching costs, and whether queries find what people expect."""

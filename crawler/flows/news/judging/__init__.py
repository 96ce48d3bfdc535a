"""What an article is to what is stored: its draft, its address, its near-duplicates, and walls that only look like articles."""

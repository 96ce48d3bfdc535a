"""What a log line may hold and how often it is written: masks, context and folding, below ``crawler/log.py``."""

"""The small internet of a week: who publishes what, and when."""

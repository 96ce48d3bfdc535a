"""The faults of a week: chosen, made, and their visible effects."""

"""Child processes: started, bound to their parent, read, and ended with it."""

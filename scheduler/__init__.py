"""When it happens: the daemon, its timers, and the command line."""

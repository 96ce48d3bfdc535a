"""What the operating system has to do with us: processes, limits, files, trust and time."""

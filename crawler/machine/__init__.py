"""The operating system's side of our processes: starting and ending them, limits, files, certificates, the clock."""

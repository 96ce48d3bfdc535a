"""The command line: a file for each command, a folder for each noun. Results go to stdout, everything else to stderr."""

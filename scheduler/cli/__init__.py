"""The command line: one file a group, results on stdout, talk on stderr."""

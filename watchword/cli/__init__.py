"""The command line: one file a command or a folder a noun; results on stdout, talk on stderr."""

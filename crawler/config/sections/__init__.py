"""The tables of the configuration, one file each."""

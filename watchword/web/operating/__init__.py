"""Pages for whoever keeps Watchword running, not for its readers."""

"""The servers of a week: HTTP, names, and the receivers of messages."""

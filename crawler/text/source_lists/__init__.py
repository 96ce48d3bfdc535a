"""Lists of sources as people bring them: OPML, pasted addresses, and the names they get."""

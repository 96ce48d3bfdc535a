"""The commands about the daemon: run it, ask whether it is alive and what it was asked; crawl once without it."""

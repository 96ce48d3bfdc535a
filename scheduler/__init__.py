"""When things happen: the daemon, its timers, due times, and a crawl without the daemon."""

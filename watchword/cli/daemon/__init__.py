"""The daemon from outside: started, asked whether it is alive, and what it does; one crawl without it."""

"""Sources, their endpoints and visits, the crawl queue, throttled hosts and robots.txt."""

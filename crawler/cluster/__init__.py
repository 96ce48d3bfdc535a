"""The processes of a cluster: a worker, and the crawl process of the home (``[cluster]``)."""

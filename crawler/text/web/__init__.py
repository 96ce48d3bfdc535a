"""Reading and spelling what names a place on the network: URLs, hosts, mail addresses, proxies."""

"""Addresses and names of the net: URLs, hosts, mail addresses, proxies."""

"""Where connections may go, and how: addresses, names, certificates, proxies."""

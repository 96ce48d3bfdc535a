"""Where connections may go, and how: addresses, host names, certificates, proxies."""

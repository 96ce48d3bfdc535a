"""How pages are asked for: politeness, conditional requests, and which addresses are refused."""

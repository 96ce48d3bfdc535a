"""Channels other than mail: webhooks, and what Apprise knows."""

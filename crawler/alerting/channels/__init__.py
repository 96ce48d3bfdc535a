"""Transports other than mail: webhooks, and the services that Apprise knows."""

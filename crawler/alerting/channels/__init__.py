"""Transports other than mail: webhooks, and the push services and chats that Apprise can reach."""

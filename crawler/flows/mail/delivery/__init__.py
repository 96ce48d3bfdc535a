"""From the outbox to the recipient: messages are claimed, written, sent and recorded."""

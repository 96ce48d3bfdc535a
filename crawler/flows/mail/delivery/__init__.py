"""From the outbox to the recipient: messages written, leased, sent and recorded."""

"""What happens to a page: from a source to an alert in the outbox and out."""

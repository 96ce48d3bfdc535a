"""When each source is visited next, learned from its visits."""

"""From a match to the outbox: what is told, to whom, and what a recipient asks for."""

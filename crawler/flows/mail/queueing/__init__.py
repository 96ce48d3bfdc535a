"""From a match to an alert in the outbox: who has it already, and what is left out."""

"""The records that travel between stages. Frozen dataclasses only; instants are aware UTC."""

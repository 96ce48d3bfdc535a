"""Flows: the only place where storage and the stages meet. Order, transactions and retries are decided here."""

"""The only place where storage and the stages meet: order, transactions, retries."""

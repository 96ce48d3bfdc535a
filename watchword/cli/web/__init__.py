"""Commands about the web pages: serving them, their owner's password, a snapshot for elsewhere."""

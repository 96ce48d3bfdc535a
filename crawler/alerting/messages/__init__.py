"""Messages as people read them: subject, body and footer, as text and HTML."""

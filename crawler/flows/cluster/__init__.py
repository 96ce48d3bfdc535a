"""Visits made on other machines: what is handed out, what a visit's notes say, and how they are replayed at home (decision 054)."""

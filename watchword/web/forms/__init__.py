"""What people ask for with a button: forms, and the inbox that their requests go into."""

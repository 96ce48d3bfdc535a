"""Reading the names in bylines, and telling them from the dates, roles, buttons and papers written beside them."""

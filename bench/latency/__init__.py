"""From publication to the mail server's yes, given the visit, while many sources publish and new ones have their first visit."""

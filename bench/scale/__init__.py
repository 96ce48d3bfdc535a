"""How much room a year takes."""

"""What sizes that people run need: memory, processor time a day, room a year."""

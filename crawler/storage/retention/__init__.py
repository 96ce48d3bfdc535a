"""What is deleted, added up or compressed once it is old: a few rows at a time, each with the question of how many are due.

Every sweep takes the rows after a number, of which at most ``limit`` are done, and says where the next one goes on: rows that must
stay are then not looked at again and again.
"""

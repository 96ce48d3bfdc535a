"""What is written in several ways and means one thing, folded alike in texts and in queries: letters, signs, numbers."""

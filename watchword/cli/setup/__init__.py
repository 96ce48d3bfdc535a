"""What ``watchword init`` is made of: what was answered, the questions, the file that is written, and the first visit."""

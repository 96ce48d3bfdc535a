"""Other programs in the same week: those people would use instead of Watchword, each set up as its own documents say.

interests     the watches, turned by hand into patterns that any script can use
job           what a program's script is given, as a file, and how it sends; runs in the program's environment
pages         how the scripts read an article's page; likewise
afternoon, rss_to_email, word_filter, lemon_reader, page_watcher   one script for each program; likewise
messages       how what they send is read
catalogue     which programs there are, and what is installed for each
running, week a program in the place of the daemon, and the week around it

The scripts run in environments of their own; they import the standard library, their program, and one another.
"""

"""The spellings that come with Watchword, and which of them a query lacks: for the commands and the web pages."""

"""A week in the field: a small internet on loopback, the real daemon on it, and a ledger of the alerts that were due.

words, corpus, atoms, texts      what articles are made of; the bench writes them all, so it knows their content
shares, making                   kinds of sites by share, and the sites of a seed
entries, rss, feeds, sitemaps, lists   how each kind announces an article
addresses, pages, walls, articles      the address of an article, its page, and what may be there in its place
sites, sending, server, names    one HTTP server that answers for all hosts, and the name server that leads there
house                            the rules of sites: robots.txt, pauses, secrets
watches                the watches, as settings and as rules of the ledger
world                  what is published, edited and removed, and when
faults                 what fails meanwhile
messages                the mail server, the webhook receiver, and how their messages are read
ledger, politeness, causes, report   the alerts that were due against those that came, and where one was lost

The ledger follows docs/explanation/alerts.md and docs/reference/watch-language.md; it imports nothing of the product that makes decisions.
"""

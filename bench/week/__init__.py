"""A week in the field: a small internet on loopback, the real daemon on it, and a ledger of what had to be told.

words, corpus, atoms, texts      what articles are made of; the bench writes all of them, and so knows which says what
shares, making                   kinds of sites by share, and the sites of a seed
entries, rss, feeds, sitemaps, lists   how each kind announces an article
addresses, pages, walls, articles      where it lies, how it stands there, and what stands in its place
sites, sending, server, names    one HTTP server that answers for all hosts, and the name server that leads there
house                            what sites want of their visitors: robots.txt, pauses, secrets
watches                who watches what, as settings and as a rule of the ledger
world                  what is published, edited and removed, and when
faults                 what goes wrong meanwhile
messages                the mail server, the webhook receiver, and how their messages are read
ledger, politeness, causes, report   what had to be told against what was, and where it was lost

The ledger follows docs/alerts.md and docs/watches.md; it imports nothing that decides in the product.
"""

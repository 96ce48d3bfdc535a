"""A week in the field: a small internet on loopback, the real daemon on it, and a ledger of what had to be told.

words, atoms, texts    what articles are made of; the bench writes all of them, and so knows which says what
shares, feeds, pages   kinds of sites by share, and how each announces and shows an article
sites, server, names   one HTTP server that answers for all hosts, and the name server that leads there
watches                who watches what, as settings and as a rule of the ledger
world                  what is published, edited and removed, and when
faults                 what goes wrong meanwhile
letters                the mail server, the webhook receiver, and how their messages are read
ledger, politeness, causes, report   what had to be told against what was, and where it was lost

The ledger follows docs/alerts.md and docs/watches.md; it imports nothing that decides in the product.
"""

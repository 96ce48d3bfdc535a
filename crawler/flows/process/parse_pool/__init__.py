"""What the parse pool is made of: its fork server and workers, and who is served next, for how long, with how much.

``crawler.flows.process.pool`` puts these together. ``fork_server`` runs in processes of its own and is imported by them alone.
"""

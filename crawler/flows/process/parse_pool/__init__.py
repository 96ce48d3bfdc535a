"""The parts of the parse pool: fork server and workers, the fair queue, and the bounds of time and bytes for each source.

``crawler.flows.process.pool`` joins them. ``fork_server`` runs in processes of its own, and only they import it.
"""

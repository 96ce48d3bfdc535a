"""Datasette plugins of the web pages; ``datasette_process`` registers them by name."""

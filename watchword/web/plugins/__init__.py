"""Plugins of the web pages, which Datasette loads from this folder."""

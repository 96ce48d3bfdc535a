"""Rendering pages in a browser, for sources that need one."""

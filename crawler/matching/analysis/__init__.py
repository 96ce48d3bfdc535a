"""Analyse a text: its words and their keys, in the language of the text."""

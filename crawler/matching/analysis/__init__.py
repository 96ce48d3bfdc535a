"""From a text to words and their keys, in the language of the text."""

"""Invisible characters, and characters that look alike; each constant is the inside of a character class."""

# soft hyphen, zero-width space, word joiner, invisible mathematical signs, byte-order mark: a text loses nothing without them
NO_WIDTH = "\u00ad\u200b\u2060-\u2064\ufeff"
# kept where a text is shown: Persian words are spelt with the first, emoji of several people with the second
NON_JOINER, JOINER = "\u200c", "\u200d"
# left-to-right and right-to-left mark: they decide on which side a bracket is drawn
DIRECTION_MARKS = "\u200e\u200f"
# embeddings, overrides, isolates: they can reverse the text after them, for example in a sender's name
DIRECTION_CONTROLS = "\u202a-\u202e\u2066-\u2069"
# ignored inside a word; without the non-joiner, because the words of watches are split at it
INVISIBLE_BUT_NON_JOINER = NO_WIDTH + JOINER + DIRECTION_MARKS + DIRECTION_CONTROLS
INVISIBLE = INVISIBLE_BUT_NON_JOINER + NON_JOINER

# typed, curly, modifier letter, prime, accents used as apostrophes, full width
APOSTROPHES = "'\u2018\u2019\u201b\u02bc\u2032\u00b4`\uff07"

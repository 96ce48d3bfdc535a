"""Invisible characters, and characters that look alike; each constant is the inside of a character class."""

# soft hyphen, zero-width space, word joiner, invisible mathematical signs, byte-order mark: nothing is lost without them
NO_WIDTH = "\u00ad\u200b\u2060-\u2064\ufeff"
# kept where a text is shown: Persian words are spelt with the first, emoji of several people with the second
NON_JOINER, JOINER = "\u200c", "\u200d"
# left-to-right and right-to-left mark: they decide on which side a bracket is drawn
DIRECTION_MARKS = "\u200e\u200f"
# embeddings, overrides, isolates: they can reverse what is written after them, a sender's name for one
DIRECTION_CONTROLS = "\u202a-\u202e\u2066-\u2069"
# ignored inside a word; the non-joiner is apart because the words of watches are cut at it
INVISIBLE_BUT_NON_JOINER = NO_WIDTH + JOINER + DIRECTION_MARKS + DIRECTION_CONTROLS
INVISIBLE = INVISIBLE_BUT_NON_JOINER + NON_JOINER

# typed, curly, modifier letter, prime, accents typed in place of an apostrophe, full width
APOSTROPHES = "'\u2018\u2019\u201b\u02bc\u2032\u00b4`\uff07"

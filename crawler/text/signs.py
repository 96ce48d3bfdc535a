"""Signs that nobody sees, and signs that look alike; each constant is what stands between the brackets of a character class."""

# soft hyphen, zero-width space, word joiner, invisible admins, byte-order mark: nothing is lost without them
NO_WIDTH = "\u00ad\u200b\u2060-\u2064\ufeff"
# a Persian word and an emoji of several people are spelt with them
NON_JOINER, JOINER = "\u200c", "\u200d"
# left-to-right and right-to-left mark: they say on which side a bracket stands
DIRECTION_MARKS = "\u200e\u200f"
# embeddings, overrides, isolates: they can turn round what is written after them
DIRECTION_CONTROLS = "\u202a-\u202e\u2066-\u2069"
# never part of a word, but for the non-joiner, at which some words are cut
INVISIBLE_BUT_NON_JOINER = NO_WIDTH + JOINER + DIRECTION_MARKS + DIRECTION_CONTROLS
INVISIBLE = INVISIBLE_BUT_NON_JOINER + NON_JOINER

# typed, curly, modifier letter, prime, accents typed in its place, full width
APOSTROPHES = "'\u2018\u2019\u201b\u02bc\u2032\u00b4`\uff07"

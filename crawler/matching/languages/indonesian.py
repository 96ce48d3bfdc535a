"""Indonesian: prefixes that swallow the first letter of their word, and particles; the stemmer takes off what does neither."""

from collections.abc import Iterator

# first letter of a word -> what stands in its place: kirim, mengirim, pengirim
_MERGED = {"k": ("meng", "peng"), "p": ("mem", "pem"), "t": ("men", "pen"), "s": ("meny", "peny")}
_ENDINGS = ("", "an", "kan", "i", "nya")
# Jokowinya, Jokowipun; drones is as usual as drone-drone
_PARTICLES = ("nya", "lah", "kah", "pun", "s")
_FEWEST = 4


def list_forms(word: str) -> Iterator[str]:
    """Yield a word of four letters or more with the prefixes that swallow its first letter."""
    if len(word) < _FEWEST:
        return
    for particle in _PARTICLES:
        yield word + particle
    for prefix in _MERGED.get(word[0], ()):
        for ending in _ENDINGS:
            yield prefix + word[1:] + ending

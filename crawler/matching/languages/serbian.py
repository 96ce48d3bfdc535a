"""Serbian is written in two scripts, letter for letter: both are read as one, so that Вучић and Vučić are one name."""

_CYRILLIC = "абвгдђежзијклљмнњопрстћуфхцчџш"
_LATIN = "a b v g d đ e ž z i j k l lj m n nj o p r s t ć u f h c č dž š".split()  # noqa: SIM905
_TO_LATIN = str.maketrans(dict(zip(_CYRILLIC, _LATIN, strict=True)))


def to_latin(word: str) -> str:
    """Return a word of small Serbian Cyrillic letters in Latin ones; letters of other alphabets stay."""
    return word.translate(_TO_LATIN)

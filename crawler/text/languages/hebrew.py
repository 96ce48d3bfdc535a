"""The marks of Hebrew abbreviations, which are typed as quotation marks: צה"ל, צה״ל and צהל are one word."""

_LETTER = "[\u05d0-\u05ea]"
# geresh and gershayim; typed and curly quotation marks, double prime
GERSHAYIM_SIGNS = "\u05f3\u05f4\u201c\u201d\u2033"
_DOUBLE = '["\u05f4\u201c\u201d\u2033]'
# before the last letter of a word, or before an ending (מנכ"לית). A quotation after a preposition (ב"הארץ") is none: one
# letter stands before it and several after it, or it is closed
GERSHAYIM = (
    rf"(?<={_LETTER})(?:\u05f3(?={_LETTER})|(?:{_DOUBLE}|''|\u2019\u2019)"
    rf"(?:(?={_LETTER}(?!{_LETTER}))|(?<={_LETTER}{_LETTER}.)(?={_LETTER}{{2,4}}(?!{_LETTER}|{_DOUBLE}))))"
)

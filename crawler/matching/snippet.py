"""Choose and trim the sentence that proves a match."""

import re
from bisect import bisect_right
from functools import lru_cache

from crawler.matching.analysis.analyzer import BODY_STARTS_AT, Document
from crawler.matching.hits import Hit
from crawler.model.watch import Snippet

# most sentences of news are shorter; a longer one is cut around its first hit
MAX_CHARACTERS = 280
# more hits in one sentence do not make it a better proof
_COUNTED_HITS = 4
# a full stop followed by a space, with closing quotes between them; Chinese and Japanese stops need no space, and Arabic,
# Indian, Armenian and Ethiopic scripts have signs of their own. What ends a sentence comes first, so that the search skips to it
_STOPS = ".!?\u2026\u061f\u06d4\u0964\u0965\u0589\u1362\u17d4"
_CLOSING = "\"'\u201d\u2019\u00bb)"
_SENTENCE_END = re.compile(
    rf"[{_STOPS}\u3002\uff01\uff1f\n](?:(?<=[{_STOPS}])(?P<closing>[{_CLOSING}]*)\s+(?=\S)|(?<=[\u3002\uff01\uff1f])|(?<=\n)\n*)"
)
_WHOLE = re.compile(rf"[{_STOPS}\u3002\uff01\uff1f][{_CLOSING}\u300d\u300f]*\Z")
# before a stop that ends no sentence: an initial, a day or an ordinal ("am 3. Oktober"), a title, an abbreviation in Thai
_ABBREVIATED = re.compile(
    r"(?:(?<![\w:.,\u2010-\u2015-])(?:\w|\d\d)|[A-Z]\.[A-Z]|(?<!\w)(?:M[rs]s?|Dr|Prof|St|Gen|Col|Capt|Lt|Sgt|Sen|Rep|Gov|Rev|Hon|Nr|No|Hr|Fr|Mme|Mlle|Sra?|डॉ|डा|ડૉ|ડો|ডা|ড)|[\u0e00-\u0eff])\Z"
)
# characters before a stop that are looked at; what opens a sentence is skipped
_LONGEST_ABBREVIATION = 6
_OPENING = "\"'\u201c\u201e\u2018\u00ab([-\u2013\u2014 "
_ELLIPSIS = "\u2026"

# character offsets in a text, start to end (not included)
Span = tuple[int, int]
# a span and the term found there
Marked = tuple[Span, str]


def make_snippet(document: Document, hits: tuple[Hit, ...]) -> Snippet:
    """Return the best sentence: most different terms, then most hits, then a whole one before a heading, then the earliest.

    It comes from the body, or from the headline if the body has no hit. A second sentence is added if it has terms
    that the first lacks and both fit into 280 characters. The marks are the hits. Without hits (a watch for everything
    that a source publishes) it is the first sentence.
    """
    in_body = tuple(hit for hit in hits if hit.first >= BODY_STARTS_AT)
    text = document.body if in_body or not hits else document.headline
    found = _gather(
        cut_sentences(text), [(_span(document, hit), hit.term) for hit in in_body or hits]
    )
    if not found:
        return _trim(text, cut_sentences(text)[0], [])
    best = max(found, key=lambda sentence: _worth(text, sentence, found[sentence]))
    chosen = _trim(text, best, merge([span for span, _ in found[best]]))
    second = _find_second(text, found, best)
    if second is None:
        return chosen
    other = _trim(text, second, merge([span for span, _ in found[second]]))
    (_, end), (start, _) = sorted((best, second))
    gap = f" {_ELLIPSIS} " if text[end:start].strip() else " "
    pair = _join(chosen, other, gap) if best < second else _join(other, chosen, gap)
    return pair if len(pair.text) <= MAX_CHARACTERS else chosen


def _gather(sentences: list[Span], spans: list[Marked]) -> dict[Span, list[Marked]]:
    """Return the sentences with a hit, each with its hits; a hit that crosses the end of a sentence is left out."""
    starts = [start for start, _ in sentences]
    found: dict[Span, list[Marked]] = {}
    for span, term in spans:
        sentence = sentences[max(0, bisect_right(starts, span[0]) - 1)]
        if sentence[0] <= span[0] and span[1] <= sentence[1]:
            found.setdefault(sentence, []).append((span, term))
    return found


def _find_second(text: str, found: dict[Span, list[Marked]], best: Span) -> Span | None:
    """Return the sentence with most terms that the best one lacks, None if no sentence has any."""
    known = {term for _, term in found[best]}
    more = {
        sentence: [(span, term) for span, term in marked if term not in known]
        for sentence, marked in found.items()
    }
    second = max(more, key=lambda sentence: _worth(text, sentence, more[sentence]))
    return second if more[second] else None


def _join(first: Snippet, second: Snippet, gap: str) -> Snippet:
    shift = len(first.text) + len(gap)
    marks = tuple((start + shift, end + shift) for start, end in second.marks)
    return Snippet(text=f"{first.text}{gap}{second.text}", marks=first.marks + marks)


def find_passages(document: Document, hits: tuple[Hit, ...]) -> tuple[str, ...]:
    """Return the sentences of the body with a hit, each once, in order."""
    return tuple(passage.text for passage in list_passages(document, hits))


def list_passages(document: Document, hits: tuple[Hit, ...]) -> tuple[Snippet, ...]:
    """Return the sentences of the body with a hit, untrimmed and in order, each with its hits marked."""
    spans = [_span(document, hit) for hit in hits if hit.first >= BODY_STARTS_AT]
    sentences = cut_sentences(document.body) if spans else []
    starts = [start for start, _ in sentences]
    inside: dict[Span, list[Span]] = {}
    for start, end in sorted(spans):
        first, last = sentences[max(0, bisect_right(starts, start) - 1)]
        if first <= start < last:
            mark = start - first, min(end, last) - first
            inside.setdefault((first, last), []).append(mark)
    return tuple(
        Snippet(text=document.body[first:last], marks=tuple(merge(marks)))
        for (first, last), marks in inside.items()
    )


def trim_passage(passage: Snippet) -> Snippet:
    """Return a sentence as readers see it: one line of at most 280 characters."""
    return _trim(passage.text, (0, len(passage.text)), list(passage.marks))


def list_marks(document: Document, hits: tuple[Hit, ...]) -> list[Span]:
    """Return where the hits in a document's body stand, in order; those that touch are one."""
    return merge([_span(document, hit) for hit in hits if hit.first >= BODY_STARTS_AT])


def list_headline_marks(document: Document, hits: tuple[Hit, ...]) -> list[Span]:
    """Return where the hits in a document's headline stand, in order; those that touch are one."""
    return merge([_span(document, hit) for hit in hits if hit.last < BODY_STARTS_AT])


def _span(document: Document, hit: Hit) -> Span:
    return document.find_word(hit.first)[0], document.find_word(hit.last)[1]


# several watches may match the same text in a row
@lru_cache(maxsize=4)
def cut_sentences(text: str) -> list[Span]:
    """Return the (start, end) of each sentence of a text; the end of a paragraph ends a sentence too."""
    spans, start = [], 0
    for gap in _SENTENCE_END.finditer(text):
        if not _is_end(text, gap.start(), gap.end()):
            continue
        # a stop belongs to its sentence with the quotes closed after it, the end of a line does not
        end = (
            gap.end("closing")
            if gap["closing"] is not None
            else gap.start() + (text[gap.start()] != "\n")
        )
        spans.append((start, end))
        start = gap.end()
    spans.append((start, len(text)))
    bare = (_strip_signs(text, span) for span in spans)
    return [(first, last) for first, last in bare if first < last] or [(0, len(text))]


def _strip_signs(text: str, span: Span) -> Span:
    """Return a sentence without the dash of a list's item and the bars around a table's row."""
    start, end = span
    if text.startswith(("- ", "| "), start, end):
        start += 2
    return start, end - 2 if text.endswith(" |", start, end) else end


def _is_end(text: str, stop: int, following: int) -> bool:
    """Return whether a sentence ends at a stop; ``following``: where the text goes on.

    It goes on in a small letter after "50 mln. euros" and after a question that somebody asks.
    """
    if text[stop] == "\n":
        return True
    if text[following : following + 8].lstrip(_OPENING)[:1].islower():
        return False
    before = text[max(0, stop - _LONGEST_ABBREVIATION) : stop]
    return text[stop] != "." or _ABBREVIATED.search(before) is None


def _worth(text: str, sentence: Span, marked: list[Marked]) -> tuple[int, int, bool, int]:
    terms = [term for _, term in marked]
    # a heading has no stop, and says less than a sentence with the same words
    is_whole = _WHOLE.search(text, max(sentence[0], sentence[1] - 4), sentence[1]) is not None
    return len(set(terms)), min(len(terms), _COUNTED_HITS), is_whole, -sentence[0]


def merge(spans: list[Span]) -> list[Span]:
    """Return spans in order, overlapping ones joined."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _trim(text: str, sentence: Span, marks: list[Span]) -> Snippet:
    """Return a sentence, cut around its first mark if it is too long: at spaces, with an ellipsis where it was cut."""
    start, end = sentence
    if end - start > MAX_CHARACTERS:
        room = MAX_CHARACTERS - 2 * len(_ELLIPSIS)
        first = marks[0][0] if marks else start
        start, end = _window(text, sentence, first=first, room=room)
    head = _ELLIPSIS if start > sentence[0] else ""
    tail = _ELLIPSIS if end < sentence[1] else ""
    # each replaced by one character, so that the marks stay in place
    line = re.sub(r"[\s\x00-\x1f\x7f]", " ", text[start:end])
    shift = len(head) - start
    kept = tuple((a + shift, b + shift) for a, b in marks if start <= a and b <= end)
    return Snippet(text=f"{head}{line}{tail}", marks=kept)


def _window(text: str, sentence: Span, *, first: int, room: int) -> Span:
    # a third of the room before the mark, then moved by up to 30 characters to the next space
    start = max(sentence[0], min(first - room // 3, sentence[1] - room))
    end = min(sentence[1], start + room)
    if start > sentence[0]:
        space = text.find(" ", start, min(first, start + 30))
        start = space + 1 if space != -1 else start
    if end < sentence[1]:
        space = text.rfind(" ", max(first, end - 30), end)
        end = space if space > start else end
    return start, end

"""Choosing which entries of a feed over the limit are read: the newest, whatever its order.

learned on  a feed of 620 entries, oldest first: the first 500 were read, and the newest never was
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from crawler.extract.dates.stated_dates import parse_stated_date

# entries are found in the bytes, because parsing all of them is what has to be avoided
_ENTRY_END = re.compile(rb"</(?:\w+:)?(?:item|entry)\s*>", re.IGNORECASE)
_ENTRY_START = re.compile(rb"<(?:\w+:)?(?:item|entry)[\s>/]", re.IGNORECASE)
# a date of an entry, in RSS, Atom, RDF or Dublin Core, also in CDATA
_DATE = re.compile(
    rb"<(?:\w+:)?(?:pubDate|published|updated|date|issued|modified)\b[^<>]{0,100}>\s*(?:<!\[CDATA\[\s*)?([^<>\]]{6,60})[\]<]",
    re.IGNORECASE,
)
# share of dated entries from which a feed counts as dated; its undated ones are then the oldest
_DATED_SHARE = 0.9


def cut_entries(body: bytes, max_entries: int) -> tuple[bytes, int]:
    """Return a feed without the entries over the limit, and their number.

    They are cut out of the bytes, because feedparser takes minutes for 100,000 entries. A well-formed feed stays
    well-formed.
    body  UTF-8
    """
    ends = [end.end() for end in _ENTRY_END.finditer(body)]
    if len(ends) <= max_entries:
        return body, 0
    first = _ENTRY_START.search(body)
    start = first.start() if first else 0
    pieces = [body[begin:end] for begin, end in zip([start, *ends], ends, strict=False)]
    kept = choose_newest([_find_date(piece) for piece in pieces], max_entries)
    chosen = b"".join(pieces[place] for place in kept)
    return body[:start] + chosen + body[ends[-1] :], len(pieces) - len(kept)


def choose_newest(dates: Sequence[datetime | None], count: int) -> list[int]:
    """Return the indexes of the newest entries, at most ``count``, in the feed's order.

    Without dates it is unknown which end of a feed is the new one, so half are taken from each end. If only some entries
    are dated, the newest of these make up to half of the choice, and the rest comes from both ends.
    dates  of each entry, None if it has none
    """
    oldest = datetime.min.replace(tzinfo=UTC)
    places = sorted(range(len(dates)), key=lambda place: dates[place] or oldest, reverse=True)
    dated_count = sum(date is not None for date in dates)
    if dated_count >= _DATED_SHARE * len(dates):
        return sorted(places[:count])
    newest = places[: min(dated_count, count // 2)]
    others = sorted(set(range(len(dates))).difference(newest))
    left = count - len(newest)
    head = (left + 1) // 2
    return sorted([*newest, *others[:head], *others[len(others) - (left - head) :]])


def _find_date(piece: bytes) -> datetime | None:
    found = _DATE.search(piece)
    if found is None:
        return None
    text = found[1].decode("latin-1").strip()
    try:
        read = datetime.fromisoformat(text) if text[:4].isdecimal() else parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        # another language, or Unix time: this reader takes ten times as long, so it comes second
        stated = parse_stated_date(found[1].decode("utf-8", "replace"))
        return stated.instant if stated else None
    return read if read.tzinfo else read.replace(tzinfo=UTC)

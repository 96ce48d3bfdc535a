"""Recognising boilerplate lines within a body, on any site: share bars, invitations, pointers, notices.

Only short lines are judged by their words, so that a long paragraph that mentions a newsletter stays. A short paragraph
of news that invites readers to follow a paper is lost; the rule that keeps it also keeps more boilerplate (F1 0.9760
instead of 0.9764 on 127 labelled pages, docs/internals/benchmarks.md).
"""

import re

from crawler.extract.body.blocks import Block, make_key
from crawler.text.boilerplate import is_boilerplate_line

# words: longer lines are paragraphs and stay
_MOST_WORDS = 45
# invitations to subscribe, follow, write or comment
_INVITATION = re.compile(
    r"""
    \b(?:sign\ up|subscribe|register)\b.{0,80}\b(?:newsletters?|inbox|e-?mails?|alerts|updates)\b
    |\bnewsletters?\b.{0,60}\b(?:sign\ up|subscribe|inbox)
    |\b(?:latest|updates)\b.{0,60}\b(?:in|to)\ your\ inbox
    |\bfollow\b.{0,60}\bon\b.{0,30}\b(?:facebook|twitter|instagram|x|tiktok|youtube|google\ news|linkedin|telegram)\b
    |\b(?:get\ in\ touch|write\ to|contact|reached?|e-?mail|feedback|tips?)\b.{0,120}\S+@\S+\.\w+
    |^like\ this\ story\?|share\ it\ with\ a\ friend|^tell\ us\ what\ you\ think
    |^join\ (?:our|the)\ (?:commenting|conversation|discussion)|^fehler\ gefunden
    |\b(?:thank\ you|thanks)\ for\ (?:signing\ up|subscribing)|keep\ an\ eye\ on\ your\ inbox
    |^\W*(?:order\ reprints|print\ article)|^skip\ to\ (?:content|main)
    """,
    re.IGNORECASE | re.VERBOSE,
)
# pointers to other articles
_READ_ON = re.compile(
    r"""
    ^\W*(?:lesen\ sie\ (?:auch|hier|mehr)|mehr\ (?:zum\ thema|themen)|auch\ interessant|(?:à\ )?lire\ aussi|leggi\ anche
    |lees\ ook|leia\ (?:também|mais)|lea\ también|les\ også|läs\ (?:även|också|mer)|læs\ også
    |czytaj\ (?:też|także|więcej)|čtěte\ (?:také|též)|lue\ myös|ayr\u0131ca\ okuyun|читайте\ также
    |don['\u2019]t\ miss|you\ may\ also\ like|also\ on\ \w+\.\w+|more\ from|see\ more)\b
    |^(?:more|see\ more|watch|related|also\ read|read)\ ?:
    """,
    re.IGNORECASE | re.VERBOSE,
)
# copyright lines, consent to embedded content, errors of scripts, forms of comments
_NOTICE = re.compile(
    r"""
    ^(?:copyright|\(c\))|[\u00a9\u24d2]|\ball\ rights\ reserved\b|\u7121\u65ad\u8ee2\u8f09|\ubb34\ub2e8\uc804\uc7ac
    |\b(?:accept|allow|zustimm\w+|einverstanden|externer?n?\ inhalt|personenbezogene)\b.*\b(?:cookies?|inhalt|content|daten)\b
    |there\ was\ an\ error|an\ error\ (?:has\ )?occurred|please\ try\ again\ later
    |your\ (?:public\ )?display\ name|logout\ and\ then\ login|this\ copy\ is\ for\ your\ personal
    """,
    re.IGNORECASE | re.VERBOSE,
)
# each line that a pattern above matches has one of these in it, and looking for them first is ten times as fast;
# an alternative added above needs its hint here
_HINTS = (
    "sign", "subscri", "regist", "newsletter", "inbox", "follow", "@", "like this", "share", "tell us", "join", "fehler", "thank",
    "order", "print", "skip", "lesen", "mehr", "auch", "lire", "anche", "lees", "leia", "lea ", "les ", "läs", "læs", "czytaj",
    "čtěte", "lue ", "ayr", "читайте", "miss", "also", "more", "watch", "related", "read", "copyright", "(c)", "\u00a9", "\u24d2",
    "reserved", "\u7121\u65ad", "\ubb34\ub2e8", "cookie", "inhalt", "content", "daten", "error", "again", "display name", "logout",
    "your personal",
)  # fmt: skip
# "Tuesday, 24 November 2026, 10:31", "2026-11-24", "24.11.2026" with little text around them
_DATE_ALONE = re.compile(
    r"""
    ^\W*(?:\w+\W+){0,4}?\d{1,2}[.:]?\W+(?:\w+\W+){0,3}?(?:19|20)\d\d\b.{0,25}$
    |^.{0,25}\b(?:19|20)\d\d[-/.\u5e74]\s?\d{1,2}[-/.\u6708]\s?\d{1,2}.{0,40}$
    |^.{0,12}\b\d{1,2}[-/.]\d{1,2}[-/.](?:19|20)\d\d.{0,25}$
    """,
    re.IGNORECASE | re.VERBOSE,
)
# characters: a date with weekday, time and zone has fewer; a longer line is a sentence with a date
_MOST_DATE_CHARACTERS = 70


def find_boilerplate(line: str, *, is_edge: bool) -> str | None:
    """Return the reason, worded for a person, why a line is boilerplate; None if it is not.

    is_edge  the line is among the first or last of the body, where a date alone is not part of a list
    """
    if is_boilerplate_line(line):
        return "boilerplate of any page"
    if is_edge and _is_date_alone(line):
        return "a date alone"
    if len(line.split()) > _MOST_WORDS:
        return None
    lowered = line.casefold()
    if not any(hint in lowered for hint in _HINTS):
        return None
    reasons = ((_INVITATION, "an invitation"), (_READ_ON, "a pointer to another article"), (_NOTICE, "a notice"))  # fmt: skip
    return next((reason for pattern, reason in reasons if pattern.search(line)), None)


def _is_date_alone(line: str) -> bool:
    is_short = len(line) < _MOST_DATE_CHARACTERS and line[-1:] not in {".", "!", "?"}
    return is_short and bool(_DATE_ALONE.match(line))


def find_link_lines(lines: list[str], blocks: list[Block]) -> frozenset[str]:
    """Return the lines that are nothing but a link on the page, and so lead elsewhere."""
    keys = {make_key(line): line for line in lines}
    # the lengths may differ by eight characters, as the body marks items of a list ("- ")
    lengths = {length for line in lines for length in range(len(line) - 8, len(line) + 9)}
    is_link: dict[str, bool] = {}
    for block in blocks:
        # most blocks of a page are not lines of its body, and their length already shows it
        if len(block.text) in lengths and block.key in keys:
            # 0.9 allows for a time or a quotation mark beside the link
            is_link[block.key] = block.linked >= 0.9 and is_link.get(block.key, True)
    return frozenset(line for key, line in keys.items() if is_link.get(key))

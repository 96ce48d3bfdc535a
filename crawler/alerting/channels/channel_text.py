"""Texts for a phone or a chat, composed for the length that a service accepts.

What matters most comes first and is dropped last: headline, link, sentence, then why and where. A link is never cut, only
left out; a text is cut between words. Texts over the limit used to be refused for three days and then lost
(dgtlmoon/changedetection.io#323, #2862, caronc/apprise#198).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from crawler.alerting.channels.channel_parts import Parts
from crawler.alerting.phrases import Phrases
from crawler.model.mail.channel import Limits, Notification
from crawler.text.fitting import Measure, Unit, count_units, cut_around, cut_text, make_measure

# a margin of a 50th of the limit, at least 4: services count a little differently from what they state, and plug-ins add
# characters
_MARGIN_SHARE = 50
_SMALLEST_MARGIN = 4
# for services without a limit, or that split long messages: nobody reads more on a phone
_MOST_CHARACTERS = 4000
_FEWEST_OF_HEADLINE = 24  # with less room a story of a list, or the link beside it, is left out
_FEWEST_OF_SENTENCE = 40  # with less room the sentence is left out
_GOOD_SENTENCE = 140  # a sentence with this much room leaves the rest to the reason of the match
_MOST_OF_HEADLINE = 120  # of a title, and of a headline in a list
# in a list, a link that takes more than a third of the room is left out
_LINK_SHARE = 3
# these services count any link as this many (docs.joinmastodon.org/user/posting, docs.x.com/fundamentals/counting-characters)
_LINK_COUNTS = {
    "mastodon": 23,
    "mastodons": 23,
    "toot": 23,
    "toots": 23,
    "twitter": 23,
    "tweet": 23,
    "x": 23,
}
_UNITS = {
    **dict.fromkeys(("twitter", "tweet", "x"), Unit.WEIGHTED),
    # limits that are counted in bytes: ntfy.sh/docs/publish#limitations (4,096), IRC lines, payloads of push services, Matrix events
    **dict.fromkeys(
        ("ntfy", "ntfys", "irc", "ircs", "fcm", "vapid", "gorush", "matrix", "matrixs", "mqtt", "mqtts", "nostr", "wecombot"),
        Unit.BYTES,
    ),
}  # fmt: skip
# the plug-in allows more than this, but the service turns a longer message into a file
_BELOW_PLUGIN = {"ntfy": 4096, "ntfys": 4096}
_LINK = re.compile(r"https?://\S+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """The room for one message.

    body, title  usable lengths, without margins
    measure      counts a text as the service does, but a link never as less than its length
    link         what the service counts any link as, 0 if by its length
    """

    body: int
    title: int
    measure: Measure
    link: int = 0


def find_room(limits: Limits, *, most: int | None = None) -> Room:
    """Return the room for a message to a service.

    most  write at most this much, whatever the service states, because it refused a longer text
    """
    body = min(limits.body, _BELOW_PLUGIN.get(limits.schema, limits.body))
    if limits.is_split:
        body = _MOST_CHARACTERS
    body = min(body, _MOST_CHARACTERS, *([] if most is None else [most]))
    link = _LINK_COUNTS.get(limits.schema, 0)
    measure = make_measure(_UNITS.get(limits.schema, Unit.UTF16), is_html=limits.is_html)
    return Room(
        body=max(0, body - max(_SMALLEST_MARGIN, body // _MARGIN_SHARE)),
        title=limits.title,
        measure=_count_links(measure, link) if link else measure,
        link=link,
    )


def _count_links(measure: Measure, link: int) -> Measure:
    """Return a measure that counts a link shorter than ``link`` as that many."""

    def measured(text: str) -> int:
        found = _LINK.findall(text) if "://" in text else ()
        return measure(text) + sum(max(0, link - len(one)) for one in found)

    return measured


def write_message(parts: Parts, room: Room) -> Notification:
    """Return title and body with the parts that fit."""
    if room.title > 0:
        title = cut_text(
            parts.subject,
            min(room.title, _MOST_OF_HEADLINE),
            lambda text: count_units(text, Unit.UTF16),
        )
        left = room.body - room.measure(title) - 2  # many services limit title and body together
        is_headline = title == parts.subject
    else:
        title, left, is_headline = "", room.body, False
    inner = Room(body=left, title=room.title, measure=room.measure, link=room.link)
    if parts.stories:
        body = _write_list(parts, inner, has_title=bool(title))
    elif parts.headline:
        body = _write_single(parts, inner, headline="" if is_headline else parts.headline)
    else:
        lines = parts.details if title else (parts.subject, *parts.details)
        body = "\n".join(_fill([], lines, inner))
    return Notification(title, body or title or parts.subject)


def _write_single(parts: Parts, room: Room, *, headline: str) -> str:
    measure = room.measure
    link, link_cost = _choose_link(parts, room, headline=headline)
    left = room.body - link_cost
    # a long headline is cut so that the beginning of the sentence fits
    needed = min(measure(parts.sentence) + 1, _MOST_OF_HEADLINE) if parts.sentence else 0
    head_room = left if measure(headline) <= _MOST_OF_HEADLINE else left - needed
    head = cut_text(headline, min(left, max(head_room, _MOST_OF_HEADLINE)), measure)
    left -= measure(head) + 1 if head else 0
    lines = [head] if head else []
    start, end = parts.hit
    if parts.sentence and left - 1 >= min(_FEWEST_OF_SENTENCE, measure(parts.sentence)):
        # the reason of the match is worth more than the end of a long sentence
        why = measure(parts.details[0]) + 1 if parts.details else 0
        if left - why < min(_GOOD_SENTENCE, measure(parts.sentence) + 1):
            why = 0
        sentence = cut_around(parts.sentence, start, end, room=left - why - 1, measure=measure)
        lines += [sentence] if sentence else []
        left -= measure(sentence) + 1
    tail = [link] if link else []
    if parts.note and measure(parts.note) + 1 <= left:
        lines.insert(1 if head else 0, parts.note)
    return "\n".join([*_fill([*lines, *tail], parts.details, room, link=link, link_cost=link_cost)])


def _choose_link(parts: Parts, room: Room, *, headline: str) -> tuple[str, int]:
    """Return the first link that fits beside the headline, and its cost with the line end; empty and 0 for none."""
    needed = min(_FEWEST_OF_HEADLINE, room.measure(headline)) + 1 if headline else 0
    for link in parts.links:
        # by its full length if possible, and by the service's short count only if it must: servers of the same kind may differ
        for cost in filter(None, (room.measure(link), room.link)):
            if cost + 1 + needed <= room.body:
                return link, cost + 1
    return "", 0


def _write_list(parts: Parts, room: Room, *, has_title: bool) -> str:
    """Return as many stories as fit, and how many more there are."""
    phrases, measure = parts.phrases, room.measure
    lines = [] if has_title else [cut_text(parts.subject, room.body // 3, measure)]
    total = len(parts.stories) + parts.more_count
    for number, (headline, link) in enumerate(parts.stories):
        more = _write_more(parts, total - number - 1, room)
        left = room.body - measure("\n".join([*lines, *more])) - 2
        block = _write_story(phrases, headline, link, room=room, left=left)
        if not block:
            lines += _write_more(parts, total - number, room)
            return "\n".join(lines)
        lines += block
    lines += _write_more(parts, parts.more_count, room)
    return "\n".join(_fill(lines, parts.details, room))


def _write_story(phrases: Phrases, headline: str, link: str, *, room: Room, left: int) -> list[str]:
    """Return the lines of one story in a list, empty if there is no room for it."""
    measure = room.measure
    if measure(link) > max(room.body // _LINK_SHARE, 23):
        link = ""
    line = phrases.say("channel.item", headline=headline[:_MOST_CHARACTERS])
    left = min(left - (measure(link) + 1 if link else 0), _MOST_OF_HEADLINE)
    if left < min(_FEWEST_OF_HEADLINE, measure(line)):
        return []
    text = cut_text(line, left, measure)
    return [text, link] if link else [text]


def _write_more(parts: Parts, count: int, room: Room) -> list[str]:
    if not count:
        return []
    if parts.more_link and room.measure(parts.more_link) <= room.body // _LINK_SHARE:
        return [parts.phrases.count("channel.more_at", count, link=parts.more_link)]
    return [parts.phrases.count("channel.more", count)]


def _fill(
    lines: list[str], more: Iterable[str], room: Room, *, link: str = "", link_cost: int = 0
) -> list[str]:
    """Return the lines, and those of ``more`` that fit without being cut.

    link  one of the lines, counted as ``link_cost`` with its line end, whatever its length
    """
    left = room.body - sum(link_cost if line is link else room.measure(line) + 1 for line in lines)
    found = list(lines)
    for line in more:
        cost = room.measure(line) + 1
        if line and cost <= left:
            found.append(line)
            left -= cost
    return found

"""RSS feeds, as correct or as sloppy as the kind of site writes them. Pure functions."""

from collections.abc import Sequence
from datetime import datetime
from html import escape

from bench.week.world.serving.entries import Entry, write_date

# entries of a feed above ``[fetch] max_entries``
PADDING = 620
_NAMESPACES = (
    ' xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    ' xmlns:wfw="http://wellformedweb.org/CommentAPI/" xmlns:slash="http://purl.org/rss/1.0/modules/slash/"'
)
# entities that HTML knows and XML does not
_ENTITIES = " &nbsp;&hellip;&eacute;"


def write_rss(url: str, entries: Sequence[Entry], quirks: frozenset[str], *, now: datetime, language: str) -> bytes:  # fmt: skip
    """Return RSS 2.0."""
    items = [_item(url, one, number, quirks, now=now) for number, one in enumerate(entries)]
    if "twice" in quirks:
        items = [same for one in items for same in (one, one)]
    if "long" in quirks:
        items = [*_pad(url), *items]
    encoding = _name_encoding(quirks)
    declared = "utf-8" if "mislabelled" in quirks else encoding
    before = "\ufeff\n  " if "bom" in quirks else ""
    if "doctype" in quirks:
        before = "<!-- made by hand, 2003 -->" + before
    root = "RSS" if "capital" in quirks else "rss"
    language_tag = f"<language>{language}</language>" if "says language" in quirks else ""
    text = (
        f'{before}<?xml version="1.0" encoding="{declared}"?><{root} version="2.0"{_NAMESPACES}><channel><title>Paper</title>'
        f"<link>{url}/</link><description>news</description>{language_tag}{''.join(items)}</channel></{root}>"
    )
    if "doctype" in quirks:
        text = text.replace("?><rss", '?><!DOCTYPE rss PUBLIC "-//Netscape//DTD RSS 0.91//EN" "http://my.netscape.com/rss-0.91.dtd"><rss')  # fmt: skip
    if "no declaration" in quirks:
        text = text.partition("?>")[2]
    if "control signs" in quirks:
        text = text.replace("</description>", "\x0b\x08</description>")
    return text.encode(encoding, "xmlcharrefreplace")


def _name_encoding(quirks: frozenset[str]) -> str:
    if "cp1251" in quirks:
        return "windows-1251"
    if "mislabelled" in quirks:
        return "latin-1"
    return "utf-16" if "utf-16" in quirks else "utf-8"


def _item(url: str, one: Entry, number: int, quirks: frozenset[str], *, now: datetime) -> str:
    link = one.link.removeprefix(url) if "relative" in quirks else one.link
    shown = link if "ampersand" in quirks else escape(link)
    date = write_date(one, number, quirks, now=now)
    dated = f"<pubDate>{date}</pubDate>" if date else ""
    place = "" if quirks & {"text in feed", "permalink guid"} else f"<link>{shown}</link>"
    if "blank links" in quirks:
        place = f"<link>\n      {shown}\n    </link>"
    more = ""
    if one.text and "full text" in quirks:
        more = f"<content:encoded><![CDATA[{one.text}]]></content:encoded>"
    if "comments" in quirks:
        more += f"<comments>{shown}#respond</comments><wfw:commentRss>{shown}feed/</wfw:commentRss><slash:comments>3</slash:comments>"  # fmt: skip
    if "enclosure" in quirks:
        more += f'<enclosure url="{url}/audio/{number}.mp3" length="1" type="audio/mpeg"/>'
    return (
        f"<item>{_title(one.title, quirks)}{place}{_guid(one, quirks)}"
        f"<description>{_body(one.summary, quirks)}</description>{more}{dated}</item>"
    )


def _title(title: str, quirks: frozenset[str]) -> str:
    if not title:
        return ""
    if "ampersand" in quirks:
        return f"<title>{title} & more</title>"
    if "cdata" in quirks:
        return f"<title>\n<![CDATA[  {title} ]]>\n</title>"
    if "escaped twice" in quirks:
        return f"<title>{escape(escape(title))} &amp;amp; more</title>"
    more = _ENTITIES if "entities" in quirks else ""
    return f"<title>{escape(title)}{more}</title>"


def _body(text: str, quirks: frozenset[str]) -> str:
    if "cdata" in quirks:
        return f"<![CDATA[<p>{escape(text)}</p><br>]]>"
    return escape(text) + (_ENTITIES if "entities" in quirks else "")


def _guid(one: Entry, quirks: frozenset[str]) -> str:
    if "no guid" in quirks:
        return ""
    is_link = "true" if "permalink guid" in quirks else "false"
    return f'<guid isPermaLink="{is_link}">{escape(one.guid)}</guid>'


def _pad(url: str) -> list[str]:
    """Return hundreds of entries from years ago, oldest first."""
    return [
        f"<item><title>Note {n} of the archive</title><link>{url}/archive/{n}.html</link><guid>{url}/archive/{n}.html</guid>"
        f"<pubDate>{1 + n % 28:02d} Jan {2000 + n // 28} 12:00:00 GMT</pubDate></item>"
        for n in range(PADDING)
    ]


def write_rdf(url: str, entries: Sequence[Entry]) -> bytes:
    """Return RSS 1.0."""
    items = "".join(
        f'<item rdf:about="{escape(one.link)}"><title>{escape(one.title)}</title><link>{escape(one.link)}</link>'
        f"<dc:date>{one.updated_at.isoformat()}</dc:date></item>"
        for one in entries
    )
    return (
        '<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f'<channel rdf:about="{url}/"><title>Paper</title><link>{url}/</link></channel>{items}</rdf:RDF>'
    ).encode()

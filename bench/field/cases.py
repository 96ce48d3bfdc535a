"""The expectations of each field case, in terms that fit any program.

A case's own ``check`` reads Watchword's database, which a peer does not have. This table lists what must have reached a person
at the end, and what must not: phrases of the case's news, by the number that its folder begins with.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

# what a program must do for a case to concern it: read feeds, read the page behind an entry, find articles in a page that
# lists them, read sitemaps, watch a page, import a list of feeds
FEED, PAGE, LIST, SITEMAP, WATCHED, OPML = "feed", "page", "list", "sitemap", "watched", "opml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The expectations of one case.

    short      what it is about, for the table
    needs      the ability without which a case does not concern a program
    reported   phrases that must each be in title or text of exactly one entry
    read       those of them whose page must have been read, by a program that reads pages
    never      phrases that no entry may contain
    links      phrase -> the end of the link that comes with it
    instead    phrase -> the failure that may be reported in place of it
    fails      whether the source must be reported as failing
    hours_ago  the least and the greatest age an entry may have; None if dates are not judged
    secret     what must not be in entries, failures, lists or log
    untouched  part of paths that must not be requested
    leak       the name under which a case records what reached the wrong host
    addresses  feeds that an import must have taken or named
    """

    short: str
    needs: str = FEED
    reported: tuple[str, ...] = ()
    read: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    instead: Mapping[str, str] = field(default_factory=dict)
    fails: bool = False
    hours_ago: tuple[int, int] | None = None
    secret: str = ""
    untouched: str = ""
    leak: str = ""
    addresses: tuple[str, ...] = ()


def _series(text: str, *ends: object) -> tuple[str, ...]:
    return tuple(f"{text} {end}" for end in ends)


_FILES = {f"Drone file {k} {i}": f"{k}.aspx?{k}={i}" for k in ("ref", "src", "cmp", "rss") for i in (1041, 1042)}  # fmt: skip
_ROOF = "Drone found on the roof of the town hall today"
# one sentence from each page that is no article
_ERRORS = (
    "our site is being maintained", "ya da geçici olarak", "ページは見つかりませんでした", "页面不存在或已被删除",
    "stránka drone nebyla nalezena", "не существует или была удалена", "content is not available in the country", "too many drone pages",
)  # fmt: skip
_OUTLINES = (
    "one.example/feed", "two.example/feed", "three.example/atom.xml", "four.example/rss", "five.example/rss", "six.example/rss?a=1&b=2",
    "seven.example/rss", "already.example/feed/", "eight.example/rss", "nine.example/rss", "ten.example/rss", "eleven.example/rss",
)  # fmt: skip

CASES: dict[str, Wanted] = {
    "01": Wanted(short="feed that sets a cookie by a redirect to itself", reported=("Drone over harbour",), read=("Drone over harbour",)),
    "02": Wanted(short="three notices with one link, guids differ", reported=("Drone seen over the quay",)),
    "04": Wanted(short="entries without a link", reported=("about drone rules", "roof of the library"), read=("about drone rules",)),
    "06": Wanted(short="feed of 620 entries, oldest first", reported=("Drone lands on bridge",)),
    "07": Wanted(short="another session id in each link at each visit", reported=_series("Drone report", 1, 2) + _series("Drone ledger", 3, 4)),
    "08": Wanted(short="article with a header line of 20 kB", needs=PAGE, reported=("Drone law passed",), read=("Drone law passed",)),
    "11": Wanted(short="304 to a first question", fails=True),
    "13": Wanted(short="feed packed twice, unsaid, or said and not", reported=_series("Drone packed", 1, 2, 3)),
    "15": Wanted(short="WordPress' sitemap index, newest last", needs=SITEMAP, reported=("Drone lands on mole",)),
    "17": Wanted(short="meta refresh: a feed that moved, an alert's link", reported=("Drone moved", "Drone alert for you"), read=("Drone alert for you",), instead={"Drone moved": "new-rss"}),
    "18": Wanted(short="login page in place of three articles", needs=PAGE, never=("forgotten your password",)),
    "21": Wanted(short="ref=, src=, cmp=, rss= is the article's number", reported=tuple(_FILES), read=tuple(_FILES), links=_FILES),
    "22": Wanted(short="text in the feed only: posts, aggregator", reported=("come down beside the ferry quay", "Drone strike damages port")),
    "24": Wanted(short="feed with an HTML document in its first entry", reported=("Drone essay",)),
    "25": Wanted(short="maintenance, not found, region: 200 in 7 languages", needs=PAGE, never=_ERRORS),
    "26": Wanted(short="watched page: counter, clock, order of boxes", needs=WATCHED),
    "34": Wanted(short="article in three pages, watched word on the second", needs=PAGE, reported=("a drone came down at the quay",)),
    "35": Wanted(short="text only in JSON-LD or an app's own JSON", needs=PAGE, reported=_series("Drone shell", 1, 2, 3), read=_series("Drone shell", 1, 2, 3)),
    "36": Wanted(short="404 or stub at first; headline changed later", reported=("Drone early", "Drone breaking", "Ship sinks after drone strike")),
    "37": Wanted(short="feed of its newest entry only", reported=_series("Drone daily", 1, 2, 3)),
    "38": Wanted(short="twelve forms of date", reported=_series("Drone dated", *range(12)), hours_ago=(10, 48)),
    "40": Wanted(short="robots.txt that is HTML, a login, a BOM, a ban", reported=_series("Drone robot", 1, 2, 3, 4)),
    "42": Wanted(short="six lists of a council, a new item later", needs=LIST, reported=_series(_ROOF, *range(1, 7)), untouched="calendar"),
    "44": Wanted(short="bodies that end with the connection", reported=_series("Drone closes", 1, 2), read=_series("Drone closes", 1, 2)),
    "48": Wanted(short="OPML: feed:, no scheme, nested, raw &", needs=OPML, addresses=_OUTLINES),
    "51": Wanted(short="login in the address", reported=("Drone for members",), secret="s3cret"),
    "54": Wanted(short="neighbours on one registrable domain", reported=_series("Drone at dave", 1, 2), leak="leak"),
}  # fmt: skip

"""The watches of a week as regular expressions, written by hand as a person without a watch language would. Pure.

Every pattern has the inflections and the distance of its query; ``tests/unit/bench/week/programs/test_interests.py`` checks them on
every sentence and near miss of the bench, so that no program falls behind because of a poor pattern.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

_WITHIN = r"(?:\W+\w+){{0,{gap}}}\W+"


def _near(one: str, other: str, gap: int) -> str:
    """Return a pattern of two words with at most ``gap`` between them, in any order."""
    between = _WITHIN.format(gap=gap)
    return rf"\b{one}\b{between}{other}\b|\b{other}\b{between}{one}\b"


_DRONE, _DROHNE, _LIGHTHOUSE = r"\bdrones?\b", r"\bDrohnen?\b", r"\blighthouses?\b"
_GLACIER, _LAKE = r"\bglaciers?\b", r"\blakes?\b"
_SKY, _VOTE = r"\b(?:comets?|meteors?)\b", r"\breferend(?:ums?|a)\b"
_OTTER, _ZOO = r"\b(?:otters?|beavers?)\b", r"\bzoos?\b"
_DEPOT = _near("oil", "depots?", 3)
_STRIKES = r"(?:strikes?|striking|struck)"
_QUAKE_WORDS = {
    "de": r"\bErdbebens?\b",
    "es": r"\bterremotos?\b",
    "tr": r"\bdeprem\w*",
    "ja": "地震",
    "ko": "지진",
    "ru": r"\bземлетрясени\w*",
    "ar": "زلزال|زلازل",
}

# query -> (patterns that must all be found, patterns none of which may be found)
PATTERNS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "drone": ((_DRONE,), ()),
    "drones OR UAV": ((rf"{_DRONE}|\bUAVs?\b",), ()),
    '"power cut"': ((r"\bpower cuts?\b",), ()),
    "glacier AND lake": ((_GLACIER, _LAKE), ()),
    "glacier": ((_GLACIER,), ()),
    "lakes": ((_LAKE,), ()),
    "volcano NEAR/5 ash": ((_near("volcano(?:e?s)?", "ash", 5),), ()),
    "comet OR meteor": ((_SKY,), ()),
    "(comet | meteor)": ((_SKY,), ()),
    "=WHO": ((r"(?-i:\bWHO\b)",), ()),
    "title:referendum": ((_VOTE,), ()),
    "referendum": ((_VOTE,), ()),
    "(otter OR beaver) -zoo": ((_OTTER,), (_ZOO,)),
    "otter OR beaver": ((_OTTER,), ()),
    "zoo": ((_ZOO,), ()),
    "lighthouse": ((_LIGHTHOUSE,), ()),
    "kyiv NEAR/10 airport": ((_near("(?:Kyiv|Kiev|Київ)", "airports?", 10),), ()),
    '"oil depot"~3': ((_DEPOT,), ()),
    '"oil depot"~3 OR lighthouse': ((rf"{_DEPOT}|{_LIGHTHOUSE}",), ()),
    '"C++"': ((r"\bC\+\+",), ()),
    "docker ONEAR/5 strike": ((rf"\bdockers?\b{_WITHIN.format(gap=5)}{_STRIKES}\b",), ()),
    "docke* strik*": ((r"\bdocke\w*", r"\bstrik\w*"), ()),
    "Drohne": ((_DROHNE,), ()),
    "Drohne lang:de": ((_DROHNE,), ()),
    '"Erdbeben"': ((_QUAKE_WORDS["de"],), ()),
    "grève": ((r"\bgrèves?\b",), ()),
    "terremoto": ((_QUAKE_WORDS["es"],), ()),
    "alluvione": ((r"\balluvion[ei]\b",), ()),
    "землетрясение": ((_QUAKE_WORDS["ru"],), ()),
    "زلزال": ((_QUAKE_WORDS["ar"],), ()),
    "deprem": ((_QUAKE_WORDS["tr"],), ()),
    "地震 OR 지진": ((rf"{_QUAKE_WORDS['ja']}|{_QUAKE_WORDS['ko']}",), ()),
    "无人机": (("无人机",), ()),
    "Erdbeben OR terremoto OR deprem OR 地震 OR землетрясение OR زلزال OR 지진": (("|".join(_QUAKE_WORDS.values()),), ()),
    "glacier NOT lake": ((_GLACIER,), (_LAKE,)),
    "drone OR Drohne OR 无人机": ((rf"{_DRONE}|{_DROHNE}|无人机",), ()),
    "title:comet OR title:meteor": ((_SKY,), ()),
}  # fmt: skip
_LANGUAGE = re.compile(r"\blang:(\w\w)\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Interest:
    """A watch as a script has it.

    wanted     patterns that must all be found
    unwanted   patterns none of which may be found
    languages  languages of sources, as known to the person who listed them; empty for any
    sources    names or tags of sources; empty for any
    """

    name: str
    wanted: tuple[str, ...]
    unwanted: tuple[str, ...] = ()
    in_title: bool = False
    min_mentions: int = 1
    languages: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    mail: tuple[str, ...] = ()
    hooks: tuple[str, ...] = field(default=())

    def is_met(self, title: str, text: str, source: Mapping[str, Any]) -> bool:
        """Return whether an article is wanted; ``source`` as in the job."""
        if self.languages and source["language"] not in self.languages:
            return False
        if self.sources and not {source["name"], *source["tags"]} & set(self.sources):
            return False
        searched = title if self.in_title else f"{title}\n{text}"
        found = [len(re.findall(one, searched, re.IGNORECASE)) for one in self.wanted]
        return (
            all(found)
            and sum(found) >= self.min_mentions
            and not any(re.search(one, searched, re.IGNORECASE) for one in self.unwanted)
        )


def make_interest(
    name: str, query: str, extra: Mapping[str, Any], *, to: tuple[str, ...], hook: str
) -> Interest:
    """Return a watch as an interest.

    query  as in the bench's table of watches; KeyError if nobody has written its patterns yet
    hook   the URL of channels, without their names
    """
    wanted, unwanted = PATTERNS[query]
    language = _LANGUAGE.findall(query)
    return Interest(
        name=name,
        wanted=wanted,
        unwanted=unwanted,
        in_title=bool(extra.get("title_only")) or query.startswith("title:"),
        min_mentions=int(extra.get("min_mentions", 1)),
        languages=tuple(extra.get("languages", language)),
        sources=tuple(extra.get("sources", ())),
        mail=tuple(one for one in to if "@" in one),
        hooks=tuple(f"{hook}/{one}" for one in to if "@" not in one),
    )


def write_interest(interest: Interest) -> dict[str, Any]:
    """Return an interest as JSON values."""
    return asdict(interest)


def read_interest(facts: Mapping[str, Any]) -> Interest:
    """Return the interest that ``write_interest`` wrote."""
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in facts.items()
    }
    return Interest(**values)

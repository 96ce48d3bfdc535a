"""The forty watches of a week: as settings of Watchword, and as rules for the ledger.

A rule is a statement about atoms, written by hand beside its query; no query is parsed here.
"""

import json
from dataclasses import dataclass, field
from datetime import date, datetime

from bench.week.world.facts import Fact

PEOPLE = tuple(f"reader{n:02d}@desk.test" for n in range(1, 11))
CHANNELS = ("newsroom", "archive")  # with these there are twelve recipients


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """The condition under which a watch matches a state of an article; every stated part must hold.

    sources  names or tags of sources, one of which must announce the article
    """

    any_of: tuple[str, ...] = ()
    all_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()
    in_title: bool = False
    min_mentions: int = 1
    languages: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    @property
    def positive(self) -> frozenset[str]:
        """Return the atoms that the rule looks for."""
        return frozenset((*self.any_of, *self.all_of))

    def holds(self, fact: Fact, number: int, *, announcers: frozenset[str]) -> bool:
        """Return whether the rule holds for state ``number`` of an article, announced by sources of these names and tags."""
        title, counts = fact.says_in(number)
        searched = title if self.in_title else frozenset(counts)
        return (
            (not self.any_of or bool(searched & frozenset(self.any_of)))
            and frozenset(self.all_of) <= searched
            and not frozenset(self.none_of) & searched
            and sum(counts[name] for name in self.positive) >= self.min_mentions
            and (not self.languages or fact.language in self.languages)
            and (not self.sources or bool(announcers & frozenset(self.sources)))
        )


@dataclass(slots=True, kw_only=True)
class WatchPlan:
    """A watch during the week.

    to          mail addresses and channels that get its alerts
    extra       settings besides query, alert and recipients
    since       when it, or its last widening, came into force; None for the beginning
    muted_from  when it was muted
    names       every name it had
    former      its rule before ``changed_at``
    """

    name: str
    query: str
    rule: Rule
    to: tuple[str, ...]
    alert: str = "now"
    extra: dict[str, object] = field(default_factory=dict)
    since: datetime | None = None
    muted_from: datetime | None = None
    joined: dict[str, datetime] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    former: Rule | None = None
    changed_at: datetime | None = None
    is_active: bool = True

    def rule_at(self, instant: datetime) -> Rule:
        """Return the rule in force at a moment."""
        if self.former is not None and self.changed_at is not None and instant < self.changed_at:
            return self.former
        return self.rule

    def write(self, digest: str) -> str:
        """Return the watch as TOML; ``digest`` are the hours of digests."""
        lines = ["[[watch]]", f"name = {_text(self.name)}", f"query = {_text(self.query)}"]
        mail = [one for one in self.to if "@" in one]
        channels = [one for one in self.to if "@" not in one]
        if mail:
            lines.append(f"to = {_text(mail)}")
        if channels:
            lines.append(f"channels = {_text(channels)}")
        lines.append(f"alert = {_text(self.alert)}")
        if self.alert == "digest":
            lines.append(f"digest = {_text(digest)}")
        lines += [f"{key} = {_text(value)}" for key, value in self.extra.items()]
        return "\n".join(lines)


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else json.dumps(value, ensure_ascii=False)


def _one(*names: str) -> Rule:
    return Rule(any_of=names)


def _plans() -> list[tuple[str, str, Rule, str, dict[str, object]]]:
    return [
        ("drones", "drone", _one("drone"), "now", {}),
        ("drones-mail-2", "drones OR UAV", _one("drone"), "now", {}),
        ("power", '"power cut"', _one("power cut"), "now", {}),
        ("glacier-lake", "glacier AND lake", Rule(all_of=("glacier", "lake")), "now", {}),
        ("glacier", "glacier", _one("glacier"), "digest", {"group": "Nature"}),
        ("lake", "lakes", _one("lake"), "digest", {"group": "Nature"}),
        ("ash", "volcano NEAR/5 ash", _one("ash"), "now", {}),
        ("sky", "comet OR meteor", _one("comet", "meteor"), "now", {}),
        ("sky-digest", "(comet | meteor)", _one("comet", "meteor"), "digest", {"group": "Sky"}),
        ("who", "=WHO", _one("WHO"), "now", {}),
        ("vote-title", "title:referendum", Rule(any_of=("referendum",), in_title=True), "now", {}),
        ("vote", "referendum", _one("referendum"), "digest", {"group": "Votes"}),
        ("otters", "(otter OR beaver) -zoo", Rule(any_of=("otter",), none_of=("zoo",)), "now", {}),
        ("zoo", "zoo", _one("zoo"), "now", {"on_revision": "never"}),
        ("lighthouse-2", "lighthouse", Rule(any_of=("lighthouse",), min_mentions=2), "now", {"min_mentions": 2}),
        ("lighthouse", "lighthouse", _one("lighthouse"), "now", {}),
        ("kyiv", "kyiv NEAR/10 airport", _one("kyiv"), "now", {"synonyms": ["kyiv"]}),
        ("depot", '"oil depot"~3', _one("depot"), "now", {}),
        ("cpp", '"C++"', _one("cpp"), "digest", {"group": "Code"}),
        ("strikes", "docker ONEAR/5 strike", _one("strike"), "now", {}),
        ("strike-prefix", "docke* strik*", _one("strike"), "now", {}),
        ("drones-title", "drone", Rule(any_of=("drone",), in_title=True), "now", {"title_only": True}),
        ("drones-agency", "drone", Rule(any_of=("drone",), sources=("agency",)), "now", {"sources": ["agency"]}),
        ("power-rss", '"power cut"', Rule(any_of=("power cut",), sources=("plain",)), "now", {"sources": ["plain"]}),
        ("drohnen", "Drohne", _one("Drohne"), "now", {}),
        ("drohnen-de", "Drohne lang:de", Rule(any_of=("Drohne",), languages=("de",)), "digest", {"group": "Deutsch"}),
        ("erdbeben", '"Erdbeben"', _one("Erdbeben"), "now", {}),
        ("greves", "grève", _one("grève"), "now", {}),
        ("terremotos", "terremoto", _one("terremoto"), "now", {"languages": ["es"]}),
        ("alluvioni", "alluvione", _one("alluvione"), "now", {}),
        ("zemletryasenie", "землетрясение", _one("землетрясение"), "now", {}),
        ("zilzal", "زلزال", _one("زلزال"), "now", {}),
        ("depremler", "deprem", _one("deprem"), "now", {}),
        ("jishin", "地震 OR 지진", _one("地震", "지진"), "now", {}),
        ("wurenji", "无人机", _one("无人机"), "now", {}),
        ("quakes", "Erdbeben OR terremoto OR deprem OR 地震 OR землетрясение OR زلزال OR 지진", _one("Erdbeben", "terremoto", "deprem", "地震", "землетрясение", "زلزال", "지진"), "digest", {"group": "Quakes"}),
        ("glacier-no-lake", "glacier NOT lake", Rule(any_of=("glacier",), none_of=("lake",)), "now", {"on_revision": "never"}),
        ("any-drone", "drone OR Drohne OR 无人机", _one("drone", "Drohne", "无人机"), "now", {"channels_only": True}),
        ("depots-all", "depot AND oil", _one("depot"), "none", {}),
        ("comet-title", "title:comet OR title:meteor", Rule(any_of=("comet", "meteor"), in_title=True), "now", {"channels_only": True}),
    ]  # fmt: skip


def make_watches() -> list[WatchPlan]:
    """Return the watches of the first day, each with one, two or three of twelve recipients."""
    made = []
    for number, (name, query, rule, alert, extra) in enumerate(_plans()):
        people = [PEOPLE[number % len(PEOPLE)]]
        if number % 3 == 0:
            people.append(PEOPLE[(number * 7 + 3) % len(PEOPLE)])
        if number % 4 == 0:
            people.append(CHANNELS[number // 4 % 2])
        if extra.get("channels_only"):
            people = list(CHANNELS)
        kept = {key: value for key, value in extra.items() if key != "channels_only"}
        made.append(
            WatchPlan(
                name=name,
                query=query,
                rule=rule,
                to=tuple(dict.fromkeys(people)),
                alert=alert,
                extra=kept,
                names=[name],
            )
        )
    return made

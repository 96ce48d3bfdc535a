"""Decides whether a watch or source that came into the configuration is one that left it. Pure functions.

If in doubt, it is not: a wrong guess would move somebody's mutes and threads to another watch (decision 026), and a person can
state what is the same (``watch rename``, ``source rename``).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

# doubts logged at one reload; a configuration that was replaced as a whole has hundreds
_MOST_DOUBTS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A watch or source, as stored or as configured.

    id        None for one that is configured and has no row yet
    identity  everything but its name: equal texts are the same thing
    likeness  a coarser text, equal if one may have become the other
    """

    name: str
    identity: str
    likeness: str = ""
    id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A name that left and one that came, which may be the same thing."""

    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """The decision: new names by id of the row, uncertain pairs, and names that may have changed places."""

    names: Mapping[int, str]
    doubts: tuple[Doubt, ...] = ()
    exchanged: tuple[Doubt, ...] = ()


def pair_names(left: Iterable[Known], came: Iterable[Known]) -> Pairing:
    """Return what was only renamed: exactly one of an identity left, and exactly one came."""
    names: dict[int, str] = {}
    rest_left, rest_came = list[Known](), list[Known]()
    gone, new = _group(left), _group(came)
    for identity in {**gone, **new}:
        before, after = gone.get(identity, []), new.get(identity, [])
        if len(before) == len(after) == 1 and before[0].id is not None:
            names[before[0].id] = after[0].name
            continue
        rest_left += before
        rest_came += after
    return Pairing(names=names, doubts=tuple(_list_doubts(rest_left, rest_came))[:_MOST_DOUBTS])


def _group(items: Iterable[Known]) -> dict[str, list[Known]]:
    groups = defaultdict[str, list[Known]](list)
    for item in items:
        groups[item.identity].append(item)
    return groups


def _list_doubts(left: Sequence[Known], came: Sequence[Known]) -> Iterator[Doubt]:
    """Yield the pairs that a person may know to be the same; if one left and one came, that pair."""
    if len(left) == len(came) == 1:
        yield Doubt(old=left[0].name, new=came[0].name)
        return
    by_identity, by_likeness = _group(left), defaultdict[str, list[Known]](list)
    for item in left:
        by_likeness[item.likeness].append(item)
    for item in came:
        for other in by_identity.get(item.identity) or by_likeness.get(item.likeness, []):
            yield Doubt(old=other.name, new=item.name)


def list_exchanged(stayed: Iterable[tuple[Known, Known]]) -> tuple[Doubt, ...]:
    """Return names whose rows now have another one's identity: they may have changed places.

    stayed  rows whose name stayed, each as (before, now)
    """
    pairs = [(before, now) for before, now in stayed if before.identity != now.identity]
    owners = {before.identity: before.name for before, _ in pairs}
    return tuple(
        Doubt(old=owners[now.identity], new=now.name) for _, now in pairs if now.identity in owners
    )[:_MOST_DOUBTS]


def follow_renames(renames: Mapping[str, str], wanted: frozenset[str]) -> dict[str, str]:
    """Return the requested renamings that the configuration has too, old name to new.

    A name that stays in the configuration can be left only if another row takes it in turn.
    """
    chosen = {old: new for old, new in renames.items() if new in wanted and old != new}
    while True:
        taken = set(chosen.values())
        kept = {old: new for old, new in chosen.items() if old not in wanted or old in taken}
        if len(kept) == len(chosen):
            return kept
        chosen = kept

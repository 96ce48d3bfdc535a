"""The difference between two configurations, so that an edit of one source out of 50,000 is sent and validated as one source.

    {"sections": {"fetch": {...}}, "lists": {"sources": [[0, 1200], {"name": ...}, [1201, 50000]]}}

A section that differs is there in full. A list that differs is there as pieces in its new order: places in the list
before, from and up to but without, or one item in full.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from crawler.config.schema import CRAWL_LISTS, Config
from crawler.config.section import Section

Changes = dict[str, object]
Piece = list[int] | dict[str, Any]


def list_changes(before: Config, after: Config) -> Changes:
    """Return what a crawl process that uses ``before`` needs to use ``after``, as JSON values."""
    differing = {
        name
        for name in Config.model_fields
        if getattr(before, name) is not getattr(after, name)
        and getattr(before, name) != getattr(after, name)
    }
    sections = after.sections_for_crawl_process(differing - CRAWL_LISTS.keys())
    lists = {
        name: list(_cut(getattr(before, name), getattr(after, name)))
        for name in CRAWL_LISTS
        if name in differing
    }
    return {"sections": sections, "lists": lists}


def _cut(before: Sequence[Section], after: Sequence[Section]) -> Iterator[Piece]:
    """Yield the pieces of a list."""
    places = {getattr(item, "name", ""): place for place, item in enumerate(before)}
    run: list[int] = []
    for item in after:
        place = places.get(getattr(item, "name", ""))
        if place is not None and not (before[place] is item or before[place] == item):
            place = None
        if run and run[1] == place:
            run[1] += 1
            continue
        if run:
            yield run
        run = [] if place is None else [place, place + 1]
        if place is None:
            yield item.as_json()
    if run:
        yield run


def read_order(order: Mapping[str, Any], before: Config) -> Config:
    """Return the configuration that an order to a crawl process holds, in full or as changes to the one before.

    raises  what ``apply_changes`` raises
    """
    if "changes" in order:
        return apply_changes(before, order["changes"])
    return Config.model_validate(order["config"])


def apply_changes(before: Config, changes: Mapping[str, Any]) -> Config:
    """Return the configuration after ``changes``; ``before`` stays as it is, whatever is wrong with them.

    raises  ValueError, TypeError, KeyError if they are no changes of this configuration; pydantic's errors are ValueErrors
    """
    lists = {name: getattr(before, name) for name in CRAWL_LISTS}
    kept = {name: getattr(before, name) for name in Config.model_fields if name not in lists}
    after = Config.model_validate({**kept, **changes["sections"]})
    for name, pieces in changes["lists"].items():
        lists[name] = tuple(_join(lists[name], pieces, CRAWL_LISTS[name]))
    return after.model_copy(update=lists)


def _join(
    before: Sequence[BaseModel], pieces: Sequence[Piece], model: type[BaseModel]
) -> Iterator[BaseModel]:
    for piece in pieces:
        if isinstance(piece, dict):
            yield model.model_validate(piece)
            continue
        start, stop = piece
        if not 0 <= start < stop <= len(before):
            raise ValueError(f"the list before has no places {start} to {stop}")
        yield from before[start:stop]

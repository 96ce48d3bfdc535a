"""The kinds of sites in a week: which are drawn, and that each shows its quirk."""

from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

import pytest

from bench.week.settings import SETTINGS
from bench.week.world.oddities import Scale
from bench.week.world.serving.sending import LOGIN, SECRETS
from bench.week.world.shares import KINDS, PLAIN, WITH_SETTINGS, count_seeds, draw_kinds
from bench.week.world.sites import Site
from bench.week.world.world import World

SITES = 40
LOGGED_IN = {"authorization": f"Basic {SECRETS['userinfo']}", "x-key": SECRETS["own key"], "cookie": f"seen=1; {SECRETS['subscribers']}"}  # fmt: skip


def make_world(*, kinds: tuple[str, ...] = (), count: int = len(KINDS) + 2) -> World:
    scale = Scale(seconds=100, every=6, article_seconds=35, end=180, revisits=(40, 80))
    world = World(
        seed=1,
        site_count=count,
        port=80,
        scale=scale,
        alerted=lambda _: True,
        is_watched=lambda _: True,
        kinds=kinds,
    )
    world.prepare(datetime.now(UTC))
    return world


def test_short_weeks_of_five_seeds_in_a_row_have_every_kind() -> None:
    drawn = [draw_kinds(SITES, seed=seed) for seed in range(31, 36)]

    assert count_seeds(SITES) <= 5
    assert {kind.name for kinds in drawn for kind in kinds} == {kind.name for kind in KINDS}


def test_plain_weeks_have_no_site_that_needs_a_setting_of_its_own() -> None:
    plain = draw_kinds(len(KINDS), seed=1, names=(PLAIN,))

    assert SETTINGS.keys() == WITH_SETTINGS
    assert {kind for kind in KINDS if not kind.quirks & WITH_SETTINGS} == set(plain)


@pytest.mark.parametrize("seed", [1, 7, 11])
def test_a_short_week_always_has_the_largest_shares_and_papers_that_reprint(seed: int) -> None:
    names = [kind.name for kind in draw_kinds(SITES, seed=seed)]

    assert {kind.name for kind in KINDS if kind.share > 2} <= set(names)
    assert names.count("reprints") == 3
    assert len(names) == SITES


def test_a_long_week_has_every_kind() -> None:
    assert {kind.name for kind in draw_kinds(200, seed=3)} == {kind.name for kind in KINDS}


def test_an_unknown_kind_is_named() -> None:
    with pytest.raises(ValueError, match="no such kind: rsss"):
        draw_kinds(3, seed=1, names=("rsss",))


def test_every_kind_announces_articles_that_it_serves() -> None:
    world = make_world()
    for site in world.sites:
        address = urlsplit(site.source_url)
        path = f"{address.path}{'?' if address.query else ''}{address.query}"
        feed = site.answer(site.host, path, LOGGED_IN | {"cache-control": "no-cache"})
        assert feed.status in {200, 302}, site.name
        assert LOGIN.encode() not in feed.body
        if site.kind.form != "page" and "aggregator" not in site.quirks:
            assert ask_for_newest(world, site) in expected(site), site.name


def ask_for_newest(world: World, site: Site) -> int:
    link = urlsplit(site.entries()[0].link)
    path = quote(link.path, safe="/%;=@:") + (f"?{link.query}" if link.query else "")
    return world.answer(link.netloc.partition(":")[0], path, LOGGED_IN, "").status


def expected(site: Site) -> set[int]:
    return {404} if "text in feed" in site.quirks else {200}

"""The making of a week's sites: their kinds, hosts, languages and newsrooms, by the seed alone."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from bench.week.world.newsrooms import Newsroom
from bench.week.world.shares import Kind, draw_kinds, draw_language
from bench.week.world.sites import Site

# the tags by which watches choose sources
_TAGS = {"agency": "agency", "rss": "plain"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A site with its newsroom, and the addresses of its hosts."""

    site: Site
    newsroom: Newsroom
    addresses: dict[str, tuple[str, ...]]


def make_sites(
    count: int, *, seed: int, port: int, kinds: tuple[str, ...], has_six: bool
) -> Iterator[Made]:
    """Yield the sites of a week; ``kinds`` are the only kinds wanted, all if empty."""
    for number, drawn in enumerate(draw_kinds(count, seed=seed, names=kinds)):
        kind = drawn
        if "ipv6" in kind.quirks and not has_six:
            kind = replace(kind, quirks=frozenset({"etag"}))
        yield _make(kind, number, seed=seed, port=port)


def _make(kind: Kind, number: int, *, seed: int, port: int) -> Made:
    slug = "".join(sign for sign in kind.name.lower() if sign.isalnum())
    host = f"{slug}{number}.{'github.io' if 'blog host' in kind.quirks else 'example'}"
    tag = _TAGS.get(kind.name)
    site = Site(
        name=f"{slug}-{number}",
        kind=kind,
        language=draw_language(kind, number, seed=seed),
        url=f"http://{host}:{port}",
        tags=(tag,) if tag else (),
    )
    newsroom = Newsroom(site, number, seed=seed)
    if "sidebars" in kind.quirks:
        site.sidebar = newsroom.write_sidebar()
    addresses: dict[str, tuple[str, ...]] = {
        host: ("::1",) if "ipv6" in kind.quirks else (f"127.0.0.{1 + number % 3}",)
    }
    if second := _name_second(host, kind.quirks):
        site.new_url = f"http://{second}:{port}"
        addresses[second] = ("127.0.0.2",)
    return Made(site=site, newsroom=newsroom, addresses=addresses)


def _name_second(host: str, quirks: frozenset[str]) -> str:
    """Return a site's second host, or the one its feed redirects to; empty for most."""
    if "www" in quirks:
        return f"www.{host}"
    return f"new-{host}" if quirks & {"moves", "handed on"} else ""

"""``check --network`` and the certificates of sources: which end soon, and which have ended; over real TLS on loopback."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from crawler.config.schema import Config
from crawler.config.sections.sources import SourceSettings
from tests.conftest import make_config
from tests.fakes import FakeSite
from tests.servers.forward_proxy import ForwardProxy
from watchword.reach.everything import try_all
from watchword.reach.reached import FAILED, LOOK, OK, Reached, judge_end
from watchword.reach.source_certificates import find_source_ends
from watchword.survey import Surveyed

NOW = datetime(2026, 11, 28, tzinfo=UTC)


@contextlib.contextmanager
def secured(authority: trustme.CA, ends_at: datetime) -> Iterator[FakeSite]:
    """Yield a site over TLS with a certificate that ends then."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issued = authority.issue_cert("127.0.0.1", "paper.example", not_after=ends_at)
    issued.configure_cert(context)
    with FakeSite() as site:
        site._server.socket = context.wrap_socket(site._server.socket, server_side=True)
        site.put_feed("/rss", "/one")
        yield site


def configure(folder: Path, authority: trustme.CA, url: str, **more: Any) -> Config:
    file = folder / "ca.pem"
    authority.cert_pem.write_to_path(file)
    source = SourceSettings(name="paper", url=url, allow_private=True, **more)
    return make_config(folder, sources=[source], tls={"ca_file": file})


@pytest.mark.parametrize(("days", "state"), [(13, LOOK), (20, OK)])
async def test_a_certificate_of_a_source_that_ends_soon_needs_a_look(
    tmp_path: Path, days: int, state: str
) -> None:
    authority = trustme.CA()
    ends_at = datetime.now(UTC) + timedelta(days=days)
    with secured(authority, ends_at) as site:
        url = f"{site.url.replace('http:', 'https:')}/rss"
        (found,) = await try_all(configure(tmp_path, authority, url))

    assert found.state == state
    assert ("the certificate of 127.0.0.1 ends on" in found.text) is (state == LOOK)
    assert f"{ends_at.day} " in found.text or state == OK


async def test_a_certificate_that_has_expired_is_named_so(tmp_path: Path) -> None:
    authority = trustme.CA()
    with secured(authority, datetime.now(UTC) - timedelta(days=1)) as site:
        url = f"{site.url.replace('http:', 'https:')}/rss"
        (found,) = await try_all(configure(tmp_path, authority, url))

    assert found.state == FAILED
    assert "expired" in found.text
    assert "only who runs it can mend" in found.advice


async def test_through_a_proxy_the_certificate_is_the_sites(tmp_path: Path) -> None:
    authority = trustme.CA()
    ends_at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3)
    with secured(authority, ends_at) as site, ForwardProxy(login="Basic bmFtZTpw") as proxy:
        proxy.ports["paper.example"] = site._server.server_port
        by = proxy.url.replace("//", "//name:p@")
        url = "https://paper.example/rss"
        found = Surveyed(name="paper", url=url, endpoint_urls=(url,))
        ends = await find_source_ends([found], configure(tmp_path, authority, url, proxy=by))
        none = await find_source_ends([found], configure(tmp_path, authority, url, proxy="none"))

    assert ends == {"paper": (ends_at, "paper.example")}
    assert none == {}
    assert [one.target for one in proxy.passed] == ["paper.example:443"]


@contextlib.asynccontextmanager
async def counted(authority: trustme.CA, *ends: datetime) -> AsyncIterator[tuple[list[int], Any]]:
    """Yield the ports of TLS servers with certificates that end then, and a list of who was connected to."""
    came: list[int] = []
    async with contextlib.AsyncExitStack() as stack:
        ports = []
        for end in ends:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            authority.issue_cert("127.0.0.1", not_after=end).configure_cert(context)

            async def note(_reader: Any, writer: asyncio.StreamWriter) -> None:
                came.append(int(writer.get_extra_info("sockname")[1]))
                writer.close()

            server = await asyncio.start_server(note, "127.0.0.1", 0, ssl=context)
            await stack.enter_async_context(server)
            ports.append(int(server.sockets[0].getsockname()[1]))
        yield ports, came


async def test_of_a_sources_hosts_the_first_to_end_counts_and_each_is_connected_to_once(
    tmp_path: Path,
) -> None:
    authority = trustme.CA()
    late, soon = (datetime.now(UTC).replace(microsecond=0) + timedelta(days=one) for one in (90, 5))
    async with counted(authority, late, soon) as (ports, came):
        home, feed = (f"https://127.0.0.1:{port}/" for port in ports)
        found = Surveyed(name="paper", url=home, endpoint_urls=(feed, f"{feed}rss"))
        failed = Surveyed(name="paper", url=feed, failure="HTTP 404")
        config = configure(tmp_path, authority, home)
        ends = await find_source_ends([found], config)
        of_failed = await find_source_ends([failed], config)

    assert ends["paper"][0] == soon
    assert of_failed == {}
    assert sorted(came) == sorted(ports)


def test_what_ended_is_not_said_to_end() -> None:
    def judge(days: int) -> Reached:
        return judge_end("source", "x", "a feed", NOW + timedelta(days=days), now=NOW)

    assert "its certificate ended on" in judge(-1).text
    assert "its certificate ends on" in judge(14).text
    assert judge(15).state == OK

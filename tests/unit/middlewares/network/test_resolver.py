"""The resolver: how long an answer is kept, and which addresses it never returns."""

import asyncio
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from twisted.internet.address import IPv4Address, IPv6Address

from crawler.config.schema import Config
from crawler.config.sections.sources import SourceSettings
from crawler.flows.process.private_hosts import allow_private_hosts
from crawler.middlewares.network.resolver import GuardedResolver

PUBLIC, OTHER, PUBLIC_NEW = "93.184.216.34", "93.184.216.35", "2606:4700::1111"


class Names(GuardedResolver):
    """A resolver with an internet of its own and a clock that stands still."""

    def __init__(self) -> None:
        super().__init__(timeout_seconds=5)
        self.names: dict[str, list[str]] = {}
        self.asked: list[str] = []
        self.now = 0.0
        self.look_up = self._get_entries
        self.clock = lambda: self.now

    def _get_entries(self, name: str, *_: object, **__: object) -> list[tuple[Any, ...]]:
        self.asked.append(name)
        if name not in self.names:
            raise socket.gaierror("no such host")
        return [(0, 0, 0, "", (address, 0)) for address in self.names[name]]

    async def addresses(self, host: str) -> tuple[str, ...]:
        return (await self.find(host)).addresses


@pytest.fixture
def names() -> Iterator[Names]:
    allow_private_hosts(
        Config(sources=(SourceSettings(name="x", url="http://wiki.corp/", allow_private=True),))
    )
    yield Names()
    allow_private_hosts(Config())


async def test_an_answer_is_kept_for_less_than_five_minutes(names: Names) -> None:
    names.names["x.org"] = [PUBLIC]
    await names.addresses("x.org")
    names.names["x.org"] = [OTHER]

    names.now = 60
    young = await names.addresses("x.org")
    names.now = 200
    old = await names.addresses("x.org")

    assert (young, old) == ((PUBLIC,), (OTHER,))
    assert names.asked == ["x.org", "x.org"]


async def test_after_a_failed_connection_the_name_is_looked_up_at_once(names: Names) -> None:
    names.names["x.org"] = [PUBLIC]
    await names.addresses("x.org")
    names.names["x.org"] = [OTHER]

    names.forget("X.org.")

    assert await names.addresses("x.org") == (OTHER,)


async def test_an_unknown_host_and_a_refusal_are_kept_for_seconds_only(names: Names) -> None:
    names.names["inside.org"] = ["10.0.0.1"]
    before = [await names.find("nobody.org"), await names.find("inside.org")]
    names.names["nobody.org"] = names.names["inside.org"] = [PUBLIC]

    names.forget("nobody.org")
    at_once = await names.addresses("nobody.org")
    names.now = 30

    assert [answer.addresses for answer in before] == [(), ()]
    assert "10.0.0.1, an address of this machine or a private network" in str(before[1].refusal)
    assert at_once == ()
    assert await names.addresses("nobody.org") == (PUBLIC,)
    assert await names.addresses("inside.org") == (PUBLIC,)


async def test_the_private_address_of_a_name_that_has_both_is_never_returned(names: Names) -> None:
    names.names["x.org"] = ["127.0.0.1", "::1", PUBLIC, "fd00::1", "::ffff:10.0.0.1", PUBLIC_NEW]

    assert set(await names.addresses("x.org")) == {PUBLIC, PUBLIC_NEW}


async def test_a_host_opened_for_a_source_may_have_a_private_address(names: Names) -> None:
    names.names["wiki.corp"] = ["10.0.0.1", "::1"]

    assert await names.addresses("wiki.corp") == ("10.0.0.1", "::1")


async def test_both_address_families_are_tried_in_turn_and_not_endlessly(names: Names) -> None:
    new = [f"2606:4700::{number}" for number in range(1, 9)]
    names.names["x.org"] = [*new, PUBLIC, OTHER]

    assert await names.addresses("x.org") == (new[0], PUBLIC, new[1], OTHER, new[2], new[3])


async def test_however_many_ask_a_name_is_looked_up_once(names: Names) -> None:
    names.names["x.org"] = [PUBLIC]

    found = await asyncio.gather(*(names.addresses("x.org") for _ in range(20)))

    assert set(found) == {(PUBLIC,)}
    assert names.asked == ["x.org"]


async def test_a_caller_that_gives_up_does_not_end_the_look_up_for_the_others(
    names: Names,
) -> None:
    names.names["x.org"] = [PUBLIC]
    first = asyncio.create_task(names.addresses("x.org"))
    second = asyncio.create_task(names.addresses("x.org"))
    await asyncio.sleep(0)

    first.cancel()

    assert await second == (PUBLIC,)


async def test_a_name_in_other_letters_is_asked_for_as_the_address_writes_it(names: Names) -> None:
    names.names["xn--strae-oqa.de"] = [PUBLIC]

    assert await names.addresses("straße.de") == (PUBLIC,)


async def test_twisted_gets_addresses_of_the_family_it_asks_for(names: Names) -> None:
    names.names["x.org"] = [PUBLIC, PUBLIC_NEW]
    answers: list[object] = []
    done = asyncio.get_running_loop().create_future()

    class Receiver:
        def resolutionBegan(self, resolution: object) -> None:
            pass

        def addressResolved(self, address: object) -> None:
            answers.append(address)

        def resolutionComplete(self) -> None:
            done.set_result(None)

    names.resolveHostName(Receiver(), "x.org", 80)
    await done
    done = asyncio.get_running_loop().create_future()
    names.resolveHostName(Receiver(), "x.org", 80, [IPv4Address])
    await done

    assert answers == [
        IPv4Address("TCP", PUBLIC, 80),
        IPv6Address("TCP", PUBLIC_NEW, 80),
        IPv4Address("TCP", PUBLIC, 80),
    ]

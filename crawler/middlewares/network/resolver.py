"""Resolving host names: looked up by the system, each address judged, and the answer remembered for minutes.

The crawl process lives for months and sites move, so an answer is forgotten soon, and at once if a connection failed.
Connections go to the addresses judged here: there is no second look-up that could be answered differently (DNS rebinding).
"""

import asyncio
import socket
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Any, Self

from scrapy.crawler import Crawler
from scrapy.resolver import HostResolution
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IHostnameResolver
from zope.interface import implementer

from crawler.flows.process.private_hosts import is_proxy, may_be_private
from crawler.middlewares.network.address_guard import explain_inside, is_inside, plain_host

# a kept connection lives this long too (download_handler.py), so a site that moved is followed within five minutes (decision 020)
ANSWER_SECONDS = 150.0
# for no such host, no network, and inside addresses: looked up again soon, but not for each of a hundred pages
NO_ANSWER_SECONDS = 20.0
_MOST_ANSWERS = 10_000  # names remembered: the process lives for months
# each may be tried in turn, and a name may have a thousand
_MOST_ADDRESSES = 6
# look-ups at the same time: a name server that does not answer holds a thread until the system gives up; other names wait
_THREADS = 16


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known of a host name.

    addresses  IPv4 and IPv6 addresses that may be connected to, in the order of trying
    refusal    why none may be connected to although the name has addresses, in one line for a person
    """

    addresses: tuple[str, ...] = ()
    refusal: str | None = None


@implementer(IHostnameResolver)
class GuardedResolver:
    """Host name resolver for Twisted that withholds inside addresses.

    look_up  a function like socket.getaddrinfo
    clock    monotonic, in seconds
    """

    look_up: Callable[..., Sequence[tuple[Any, ...]]] = staticmethod(socket.getaddrinfo)
    clock: Callable[[], float] = staticmethod(time.monotonic)

    def __init__(self, *, timeout_seconds: float = 15.0) -> None:
        self._timeout_seconds = timeout_seconds
        self._known: OrderedDict[str, tuple[Answer, float]] = OrderedDict()
        self._asked: dict[str, asyncio.Task[Answer]] = {}
        self._answering: set[asyncio.Task[None]] = set()
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="names")
        self._reactor: Any = None

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: Any) -> Self:
        """Return a resolver for Scrapy."""
        resolver = cls(timeout_seconds=crawler.settings.getfloat("DNS_TIMEOUT"))
        resolver._reactor = reactor
        return resolver

    def install_on_reactor(self) -> None:
        """Resolve the names of all connections of this process here."""
        self._reactor.installNameResolver(self)

    def resolveHostName(  # noqa: N802  # Twisted's name and arguments
        self,
        resolutionReceiver: Any,  # noqa: N803
        hostName: str,  # noqa: N803
        portNumber: int = 0,  # noqa: N803
        addressTypes: Sequence[type] | None = None,  # noqa: N803
        transportSemantics: str = "TCP",  # noqa: N803
    ) -> HostResolution:
        """Pass the addresses of a host to a receiver, one by one, as IHostnameResolver requires."""
        resolution = HostResolution(hostName)
        resolutionReceiver.resolutionBegan(resolution)
        answering = asyncio.get_running_loop().create_task(
            self._answer(resolutionReceiver, hostName, portNumber, addressTypes)
        )
        self._answering.add(answering)
        answering.add_done_callback(self._answering.discard)
        return resolution

    async def _answer(
        self, receiver: Any, host: str, port: int, kinds: Sequence[type] | None
    ) -> None:
        for address in (await self.find(host)).addresses:
            kind = IPv6Address if ":" in address else IPv4Address
            if kinds is None or kind in kinds:
                receiver.addressResolved(kind("TCP", address, port))
        receiver.resolutionComplete()

    async def find(self, host: str) -> Answer:
        """Return what a host name resolves to; concurrent calls share one look-up."""
        name = plain_host(host)
        known = self.known(name)
        if known is not None:
            return known
        if name not in self._asked:
            self._asked[name] = asyncio.create_task(self._ask(name))
        # a caller that is cancelled must not cancel the look-up of the others
        return await asyncio.shield(self._asked[name])

    def known(self, host: str) -> Answer | None:
        """Return what is remembered of a host, None if that has expired."""
        answer, until = self._known.get(plain_host(host), (None, 0.0))
        return answer if until > self.clock() else None

    def forget(self, host: str) -> None:
        """Forget the addresses of a host after a connection to it failed; a refusal is kept."""
        known = self.known(host)
        if known is not None and known.addresses:
            del self._known[plain_host(host)]

    async def _ask(self, name: str) -> Answer:
        try:
            found = await self._look_up(name)
            answer = judge(name, found, is_private=may_be_private(name) or is_proxy(name))
        finally:
            del self._asked[name]
        lasting = ANSWER_SECONDS if answer.addresses else NO_ANSWER_SECONDS
        self._known[name] = (answer, self.clock() + lasting)
        self._known.move_to_end(name)
        if len(self._known) > _MOST_ANSWERS:
            self._known.popitem(last=False)
        return answer

    async def _look_up(self, name: str) -> list[str]:
        """Return all addresses of a name; empty if there is no such name, or no answer in time."""
        work = asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: self.look_up(name, None, type=socket.SOCK_STREAM)
        )
        try:
            found = await asyncio.wait_for(work, self._timeout_seconds)
        except (OSError, UnicodeError, TimeoutError):
            return []
        return [str(entry[4][0]) for entry in found]


def judge(name: str, addresses: Iterable[str], *, is_private: bool) -> Answer:
    """Return the addresses that may be connected to, alternating between IPv4 and IPv6 (RFC 8305, 4).

    is_private  the host may have inside addresses
    """
    found = tuple(dict.fromkeys(addresses))
    let_through = [address for address in found if is_private or not is_inside(address)]
    if found and not let_through:
        return Answer(refusal=explain_inside(name, found[0]))
    preferred = ":" in found[0] if found else False
    first = [address for address in let_through if (":" in address) == preferred]
    second = [address for address in let_through if (":" in address) != preferred]
    in_turn = chain.from_iterable(zip_longest(first, second))
    return Answer(tuple(address for address in in_turn if address)[:_MOST_ADDRESSES])

"""Which addresses a host name stands for: asked of the system, judged one by one, and remembered for minutes.

The crawl process lives for months and sites move, so an answer is forgotten soon, and at once where a connection to
its host failed. What is connected to is an address judged here: there is no second look-up that could say otherwise.
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
from crawler.middlewares.network.address_guard import is_inside, plain_host, tell_inside

# a kept connection lives as long as an answer (download_handler.py), so a site that moved is followed within five minutes
ANSWER_SECONDS = 150.0
# no such host, no network, or inside: looked up again soon, but not for each of a hundred pages
NO_ANSWER_SECONDS = 20.0
_MOST_ANSWERS = 10_000
# of a thousand addresses each would be tried
_MOST_ADDRESSES = 6
# a name server that does not answer holds a thread for its whole time-out
_THREADS = 16


@dataclass(frozen=True, slots=True)
class Answer:
    """What a host name stands for.

    addresses  IPv4 and IPv6 addresses that may be connected to, in the order they are to be tried
    refusal    why there is none though the name has addresses, in one line for a person
    """

    addresses: tuple[str, ...] = ()
    refusal: str | None = None


@implementer(IHostnameResolver)
class GuardedResolver:
    """Twisted's resolver of host names, which holds back the addresses that lead inside.

    look_up  has the form of socket.getaddrinfo
    clock    seconds that only grow
    """

    look_up: Callable[..., Sequence[tuple[Any, ...]]] = staticmethod(socket.getaddrinfo)
    clock: Callable[[], float] = staticmethod(time.monotonic)

    def __init__(self, *, timeout_seconds: float = 15.0) -> None:
        self._timeout_seconds = timeout_seconds
        self._known: OrderedDict[str, tuple[Answer, float]] = OrderedDict()
        self._asked: dict[str, asyncio.Task[Answer]] = {}
        self._telling: set[asyncio.Task[None]] = set()
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="names")
        self._reactor: Any = None

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: Any) -> Self:
        """Make one for Scrapy."""
        resolver = cls(timeout_seconds=crawler.settings.getfloat("DNS_TIMEOUT"))
        resolver._reactor = reactor
        return resolver

    def install_on_reactor(self) -> None:
        """Have every connection of this process resolved here."""
        self._reactor.installNameResolver(self)

    def resolveHostName(  # noqa: N802  # Twisted's name and arguments
        self,
        resolutionReceiver: Any,  # noqa: N803
        hostName: str,  # noqa: N803
        portNumber: int = 0,  # noqa: N803
        addressTypes: Sequence[type] | None = None,  # noqa: N803
        transportSemantics: str = "TCP",  # noqa: N803
    ) -> HostResolution:
        """Tell a receiver the addresses of a host, one by one."""
        resolution = HostResolution(hostName)
        resolutionReceiver.resolutionBegan(resolution)
        telling = asyncio.get_running_loop().create_task(
            self._tell(resolutionReceiver, hostName, portNumber, addressTypes)
        )
        self._telling.add(telling)
        telling.add_done_callback(self._telling.discard)
        return resolution

    async def _tell(
        self, receiver: Any, host: str, port: int, kinds: Sequence[type] | None
    ) -> None:
        for address in (await self.find(host)).addresses:
            kind = IPv6Address if ":" in address else IPv4Address
            if kinds is None or kind in kinds:
                receiver.addressResolved(kind("TCP", address, port))
        receiver.resolutionComplete()

    async def find(self, host: str) -> Answer:
        """Return what a host stands for; however many ask at the same time, it is looked up once."""
        name = plain_host(host)
        known = self.known(name)
        if known is not None:
            return known
        if name not in self._asked:
            self._asked[name] = asyncio.create_task(self._ask(name))
        return await asyncio.shield(self._asked[name])

    def known(self, host: str) -> Answer | None:
        """Return what is remembered of a host, if it is young enough."""
        answer, until = self._known.get(plain_host(host), (None, 0.0))
        return answer if until > self.clock() else None

    def forget(self, host: str) -> None:
        """Have a host looked up anew, because a connection to it failed."""
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
        """Return all addresses of a name; none where there is no such name, or no answer in time."""
        work = asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: self.look_up(name, None, type=socket.SOCK_STREAM)
        )
        try:
            found = await asyncio.wait_for(work, self._timeout_seconds)
        except (OSError, UnicodeError, TimeoutError):
            return []
        return [str(entry[4][0]) for entry in found]


def judge(name: str, addresses: Iterable[str], *, is_private: bool) -> Answer:
    """Hold back the addresses that lead inside, and order the others: both families in turn, as RFC 8305 wants.

    is_private  the host may lie inside
    """
    found = tuple(dict.fromkeys(addresses))
    let_through = [address for address in found if is_private or not is_inside(address)]
    if found and not let_through:
        return Answer(refusal=tell_inside(name, found[0]))
    preferred = ":" in found[0] if found else False
    first = [address for address in let_through if (":" in address) == preferred]
    second = [address for address in let_through if (":" in address) != preferred]
    in_turn = chain.from_iterable(zip_longest(first, second))
    return Answer(tuple(address for address in in_turn if address)[:_MOST_ADDRESSES])

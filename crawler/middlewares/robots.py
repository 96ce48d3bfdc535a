"""robots.txt: obeyed, kept for a day across crawls, and "no" for now where it cannot be read."""

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler.errors import AddressRefused, DomainQuiet, FetchFailed, RobotsForbid, reason_of
from crawler.extract.robots import MAX_BYTES, Robots
from crawler.flows.courtesy import Courtesy
from crawler.middlewares.desks import desk_of
from crawler.text.urls import origin_of


class RobotsGate:
    """Lets a request through if the robots.txt of its origin does."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "RobotsGate":
        """Make one for Scrapy."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Let the request through; raises RobotsForbid, or FetchFailed where the rules cannot be had now."""
        if request.meta.get("is_robots"):
            return
        courtesy, origin = desk_of(self._crawler).courtesy, origin_of(request.url)
        robots = courtesy.known_robots(origin) or await self._get_rules(courtesy, origin, request)
        if robots.refusal is not None:
            raise FetchFailed(robots.refusal, url=request.url)
        if not await courtesy.allows(robots, origin, request.url):
            raise RobotsForbid("robots.txt forbids it")

    async def _get_rules(self, courtesy: Courtesy, origin: str, request: Request) -> Robots:
        """Give the rules; however many requests wait for them, they are fetched once."""
        async with courtesy.asking(origin):
            robots = await courtesy.find_robots(origin)
            return robots or await self._fetch(courtesy, origin, request)

    async def _fetch(self, courtesy: Courtesy, origin: str, request: Request) -> Robots:
        ask = Request(
            f"{origin}/robots.txt",
            meta={"source": request.meta.get("source"), "is_robots": True},
            dont_filter=True,
        )
        try:
            response = await self._crawler.engine.download_async(ask)
        except (AddressRefused, DomainQuiet):
            raise
        except Exception as error:
            refusal = (
                f"robots.txt cannot be read, so nothing is fetched for now: {reason_of(error)}"
            )
            return await courtesy.keep_robots(origin, http_status=None, body="", refusal=refusal)
        return await _keep(courtesy, origin, response)


async def _keep(courtesy: Courtesy, origin: str, response: Response) -> Robots:
    """Keep an answer: 2xx holds the rules, other refusals mean there are none, 429 and 5xx mean no for now (RFC 9309)."""
    status = response.status
    if status == 429 or status >= 500:
        refusal = f"robots.txt answers HTTP {status}, so nothing is fetched for now"
        return await courtesy.keep_robots(origin, http_status=status, body="", refusal=refusal)
    body = response.body[:MAX_BYTES].decode("utf-8", "replace") if 200 <= status < 300 else ""
    return await courtesy.keep_robots(origin, http_status=status, body=body.replace("\x00", ""))

"""``[health]``: who is told that the daemon is well, and so notices when it is not."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from crawler.config.durations import Duration, parse_duration
from crawler.config.section import Section
from crawler.config.values import FilePath, check_web_address

_LISTEN = re.compile(r"(?P<host>\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):(?P<port>\d{1,5})")


def _check_listen(stated: str) -> str:
    found = _LISTEN.fullmatch(stated) if stated else None
    if stated and (found is None or not 0 < int(found["port"]) < 65_536):
        raise ValueError(f"{stated!r} is no host and port: write `127.0.0.1:9464`")
    return stated


def _check_ping(stated: str) -> str:
    return check_web_address(stated) if stated else ""


class HealthSettings(Section):
    """``[health]``: pages for health checks and Prometheus, and a sign of life sent elsewhere."""

    listen: Annotated[str, AfterValidator(_check_listen)] = Field(
        "",
        description="Address of `/healthz` and `/metrics`, such as `127.0.0.1:9464`; without it there are none. They ask for no "
        "password and name no sources, watches or recipients.",
    )
    ping: Annotated[str, AfterValidator(_check_ping)] = Field(
        "",
        repr=False,
        description="Address that is fetched while all is well, as healthchecks.io and Uptime Kuma give one: they tell you when "
        "that stops, even if the whole machine did.",
    )
    ping_file: FilePath | None = Field(
        None,
        description="File whose first line is that address, as whoever knows it can send signs of life.",
    )
    # twenty an hour: a service that expects one each five minutes notices after two that are missing
    ping_every: Duration = Field(parse_duration("3m"), description="How often `ping` is fetched.")

    @property
    def address(self) -> tuple[str, int] | None:
        """Return the host and port of ``listen``, None without it."""
        host, _, port = self.listen.rpartition(":")
        return (host.strip("[]"), int(port)) if host else None

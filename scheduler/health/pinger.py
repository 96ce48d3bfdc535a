"""A dead man's switch: an address elsewhere is fetched while all is well, and whoever owns it notices the silence."""

import asyncio
import logging
import time

import httpx

from crawler.alerting.channels.webhook import make_client
from crawler.config.files.secrets import read_ping
from crawler.config.schema import Config
from crawler.errors import ConfigFaulty
from crawler.log import log_event, say_ended
from crawler.machine.trust import make_context

_log = logging.getLogger("watchword.daemon")
# in all: httpx counts each piece of an answer anew, and the service manager's watchdog waits for us
_TIMEOUT_SECONDS = 20.0


class Pinger:
    """Fetches ``[health] ping`` every few minutes. Its address is a secret and is never logged."""

    def __init__(self, config: Config, *, timeout_seconds: float = _TIMEOUT_SECONDS) -> None:
        self._config = config
        self._timeout_seconds = timeout_seconds
        self._next_at = 0.0

    def use_config(self, config: Config) -> None:
        """Go by another configuration from now on."""
        if config.health != self._config.health:
            self._next_at = 0.0
        self._config = config

    async def ping_if_due(self, *, is_well: bool) -> None:
        """Send a sign of life if one is due and all is well; a failure is logged once, and silence says the rest."""
        health = self._config.health
        if not (health.ping or health.ping_file) or not is_well or time.monotonic() < self._next_at:
            return
        self._next_at = time.monotonic() + health.ping_every.total_seconds()
        fault = await self._ping()
        if fault:
            log_event(_log, logging.WARNING, "sign of life not taken", reason=fault)
        else:
            say_ended("sign of life not taken")

    async def _ping(self) -> str:
        """Return why the sign of life was not taken, empty if it was."""
        try:
            address = read_ping(self._config.health)
            trusted = make_context(self._config.tls.ca_file)
            proxy = self._config.fetch.proxy_rules.find(address)
            seconds = self._timeout_seconds
            async with (
                asyncio.timeout(seconds),
                make_client(trusted, proxy, timeout_seconds=seconds) as client,
                # the status says it: a body may have no end
                client.stream("GET", address) as answer,
            ):
                return "" if answer.is_success else f"it answered {answer.status_code}"
        except ConfigFaulty as error:
            return str(error)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            # a message of httpx may quote the address
            return type(error).__name__

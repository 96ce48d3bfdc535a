"""The process of the web pages: Datasette on one database, with our pages, at its public address.

``watchword.web.server`` runs it. Datasette's own command cannot be used: it logs each request, and has no option for the
address that readers use. The file is served live; Datasette itself opens it read-only.
"""

import argparse
import asyncio
import logging
import os
import signal
import time
from collections.abc import Collection
from importlib import import_module
from pathlib import Path
from typing import Any

import uvicorn
from datasette.app import Datasette
from datasette.plugins import pm
from datasette.url_builder import Urls
from datasette.utils import PrefixedUrlString, baseconv, parse_metadata, tilde_encode

from crawler.log import say_repeats, set_up_logging
from crawler.logs.masking.own_secrets import keep_secret
from crawler.machine.processes.lifeline import end_by_signal
from crawler.machine.processes.outputs import make_outputs_safe, write_in_background
from watchword.web.access.cookies import InstanceCookies
from watchword.web.access.owner_login import (
    PASSWORD_VARIABLE,
    SESSION_SECONDS,
    TOKEN_VARIABLE,
    OwnerLogin,
    make_secret,
)
from watchword.web.access.proxy_login import ProxyLogin
from watchword.web.access.visitors import Openness
from watchword.web.plugins.routes import HEADS
from watchword.web.public_address import AtPublicAddress, PublicAddress, write_origin
from watchword.web.shown import safe_csv

_DATA = Path(__file__).parent
# registered by import: from a plugin folder, Datasette would run a second copy of each module under another name
_PLUGINS = ("rules", "messages", "login", "web_pages", "routes")


def main() -> None:
    """Serve the web pages until a signal ends the process."""
    make_outputs_safe()
    write_in_background()
    parser = argparse.ArgumentParser()
    parser.add_argument("database")
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--url", default="")
    parser.add_argument("--frozen", action="store_true")
    parser.add_argument("--openness", type=Openness, choices=[*Openness], default=Openness.LOCAL)
    parser.add_argument("--proxy-header", default="")
    parser.add_argument("--proxy-address", action="append", default=[])
    parser.add_argument("--proxy-owner", action="append", default=[])
    set_up_logging(level=logging.WARNING, process="web")
    # uvicorn stops in order, and then raises the signal again for the handler that was there before
    signal.signal(signal.SIGTERM, end_by_signal)
    vars(import_module("datasette.views.base"))["csv"] = safe_csv
    # with rich 15, Datasette prints thirty frames with their variables for each wrong address, and answers 500 for 404
    vars(import_module("datasette.handle_exception"))["rich"] = None
    vars(import_module("datasette.handle_exception"))["traceback"] = _BrokenPages
    asyncio.run(_serve(parser.parse_args()))


async def _serve(stated: argparse.Namespace) -> None:
    address = PublicAddress.read(stated.url)
    own = address.origin or write_origin(stated.host, stated.port)
    datasette = _make_datasette(stated, address, own)
    await datasette.invoke_startup()
    cookies = InstanceCookies(datasette.cookie_secret, base=address.base, is_https=address.is_https)
    config = uvicorn.Config(
        AtPublicAddress(
            datasette.app(),
            address,
            heads=datasette.heads,
            cookies=cookies,
            is_local=stated.openness is Openness.LOCAL and address.is_of_this_machine,
        ),
        host=stated.host,
        port=stated.port,
        log_level="warning",
        access_log=False,
        # its own would write lines of another form
        log_config=None,
        callback_notify=_say_repeats,
        # X-Forwarded-For would be taken as the client's address, and with it a proxy's word on who signed in
        proxy_headers=False,
        lifespan="on",
    )
    server = uvicorn.Server(config)
    await server.serve()
    if not server.started:
        raise SystemExit(1)


async def _say_repeats() -> None:
    say_repeats()


class _BrokenPages:
    """Stands in for the ``traceback`` module where Datasette prints the error behind a page: it is logged already."""

    @staticmethod
    def print_exc() -> None:
        """Print nothing."""


class _PrefixedOnce(Urls):  # type: ignore[misc]  # Datasette has no types
    """Builds addresses with the prefix once: Datasette adds it to the path of a request, which already has it."""

    def __init__(
        self, datasette: Datasette, address: PublicAddress, heads: Collection[str]
    ) -> None:
        super().__init__(datasette)
        self._address = address
        self._heads = heads

    def path(self, path: str, format: str | None = None) -> Any:  # Datasette's name
        """Return a path as readers see it, with the prefix."""
        if not isinstance(path, PrefixedUrlString):
            path = self._address.find_route(path, self._heads)
        return super().path(path, format=format)


class _Served(Datasette):  # type: ignore[misc]  # Datasette has no types
    """Datasette at a public address.

    owner_login  the owner's login; None if no password is set
    openness     who may read without having signed in
    proxy_login  how the proxy in front states who signed in there; None without one
    """

    address = PublicAddress()
    owner_login: OwnerLogin | None = None
    openness = Openness.LOCAL
    proxy_login: ProxyLogin | None = None

    @property
    def cookie_secret(self) -> str:
        """The secret that cookies are signed with."""
        return str(self._secret)

    def sign(self, value: object, namespace: str = "default") -> str:
        """Return a signed value; a login gets an end in any case, by password or by link."""
        if namespace == "actor" and isinstance(value, dict) and "e" not in value:
            value = {**value, "e": baseconv.base62.encode(int(time.time()) + SESSION_SECONDS)}
        return str(super().sign(value, namespace))

    @property
    def heads(self) -> frozenset[str]:
        """The first segments that paths without the prefix can have."""
        routes = (tilde_encode(database.route) for database in self.databases.values())
        return frozenset({"", "-", "assets", "favicon", *HEADS, *routes})

    @property
    def urls(self) -> _PrefixedOnce:
        """The builder of addresses."""
        return _PrefixedOnce(self, self.address, self.heads)


def _make_datasette(stated: argparse.Namespace, address: PublicAddress, own: str) -> _Served:
    """Return Datasette with our settings, templates and plugins.

    With ``immutables`` Datasette ignores the WAL file and answers from before the last checkpoint. So only a file that
    nobody can change where it lies is served that way; it cannot be opened otherwise.
    """
    metadata = parse_metadata((_DATA / "datasette.yml").read_text(encoding="utf-8"))
    metadata["plugins"] = {"watchword": {"url": f"{own}{address.base}"}}
    settings = {
        # half of Datasette's own: rows of ours hold sentences
        "default_page_size": 50,
        # a text of ten thousand words in fifty rows is a page of 3 MB; the page of its row has it whole
        "truncate_cells_html": 240,
        # five times Datasette's own: some of our queries read all matches
        "sql_time_limit_ms": 5000,
        # Datasette would group a table by each of its columns at every look, and give up after 50 ms each: a second of CPU time
        # from 100,000 articles on, and nothing to show for it. Facets that we name stay, and so does "Facet by this"
        "suggest_facets": False,
        "allow_download": False,
        "base_url": address.base,
        "force_https_urls": address.is_https,
    }
    password = keep_secret(os.environ.get(PASSWORD_VARIABLE, ""))
    for name in _PLUGINS:
        pm.register(import_module(f"watchword.web.plugins.{name}"), name)
    datasette = _Served(
        [] if stated.frozen else [stated.database],
        immutables=[stated.database] if stated.frozen else [],
        metadata=metadata,
        template_dir=str(_DATA / "templates"),
        static_mounts=[("assets", str(_DATA / "static"))],
        settings=settings,
        secret=make_secret(Path(stated.database), password),
    )
    datasette.address = address
    datasette.owner_login = OwnerLogin(password) if password else None
    datasette.openness = stated.openness
    # private, but Datasette's own command reads the same; without one of ours nobody knows it
    datasette._root_token = keep_secret(os.environ.get(TOKEN_VARIABLE) or datasette._root_token)
    keep_secret(datasette.cookie_secret)
    if stated.proxy_header:
        datasette.proxy_login = ProxyLogin(
            header=stated.proxy_header, addresses=stated.proxy_address, owners=stated.proxy_owner
        )
    return datasette


if __name__ == "__main__":
    main()

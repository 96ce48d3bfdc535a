"""How the web pages let people in, decided from settings, options and the address they listen on."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

from crawler.config.sections.web import WebSettings
from watchword.web.access.visitors import Openness
from watchword.web.public_address import PublicAddress, is_loopback

_NOBODY_ASKED = (
    "{place} lets others in, and nothing says whom. Set a password with `watchword web password`; or name the proxy that signs "
    "people in, with [web] proxy_header and proxy_addresses; or add --root, and only the link that it prints leads in; or "
    "--anonymous, and everybody may read articles, but sees no watches and no alerts"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """How the web pages let people in.

    openness          who may read without having signed in
    password          the owner's; empty for no sign-in by password
    token             of a link that signs in as the owner, once; empty for none
    proxy_header      header in which a proxy states who signed in there; empty for none
    proxy_addresses   whose word is believed
    owners            names of its readers who are owners
    """

    openness: Openness = Openness.LOCAL
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    proxy_header: str = ""
    proxy_addresses: Sequence[str] = ()
    owners: Sequence[str] = ()

    @property
    def arguments(self) -> list[str]:
        """The options for the process of the web pages; password and token are no arguments, as everybody can read those."""
        proxy = [f"--proxy-header={self.proxy_header}"] if self.proxy_header else []
        proxy += [f"--proxy-address={one}" for one in self.proxy_addresses]
        return [
            f"--openness={self.openness.value}",
            *proxy,
            *(f"--proxy-owner={one}" for one in self.owners),
        ]


def admit(
    settings: WebSettings, *, openness: Openness, password: str, is_root: bool = False
) -> Admission:
    """Return how the pages let people in by the settings; without a password, or with ``is_root``, also by a new link."""
    return Admission(
        openness=openness,
        password=password,
        token=secrets.token_urlsafe(24) if is_root or not password else "",
        proxy_header=settings.proxy_header,
        proxy_addresses=settings.proxy_addresses,
        owners=settings.owners,
    )


def find_openness(settings: WebSettings, *, has_password: bool, is_anonymous: bool) -> Openness:
    """Return who may read without having signed in, for pages that listen on this machine only.

    With a public ``[web] url`` somebody passes requests on to here, so the pages are closed even without a password: then
    only the link in the terminal leads in.
    """
    if is_anonymous:
        return Openness.PUBLIC
    is_public = bool(PublicAddress.read(settings.stated_url).host)
    is_guarded = has_password or bool(settings.proxy_header) or is_public
    return Openness.CLOSED if is_guarded else Openness.LOCAL


def find_host_fault(
    host: str, settings: WebSettings, *, has_password: bool, is_anonymous: bool, is_root: bool
) -> str:
    """Return why the pages may not listen on an address that other machines reach; empty if they may."""
    if is_loopback(host.strip("[]")):
        return ""
    if has_password or settings.proxy_header or is_anonymous or is_root:
        return ""
    return _NOBODY_ASKED.format(place=f"--host {host}")

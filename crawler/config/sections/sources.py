"""``[[source]]``: the settings of a source, whose address is accepted as people paste it.

An address may begin with ``feed:``, or have a login in it.
"""

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import Field, ModelWrapValidatorHandler, PrivateAttr, model_validator

from crawler.config.cron import ActiveHours, Every
from crawler.config.durations import Duration, parse_duration
from crawler.config.section import Section
from crawler.config.values import (
    CookieName,
    FilePath,
    HeaderName,
    HeaderValue,
    Name,
    Origin,
    Pattern,
    ProxyAddress,
    Selector,
    WebAddress,
    Zone,
)
from crawler.model.source import SourceKind
from crawler.text.source_lists.pasted import read_pasted
from crawler.text.web.logins import split_login

ADVICE = (
    "the login in its address is used as `username` and `password`; a file is safer: remove it from the address and set "
    "`username` and `password_file`"
)


class Select(Section):
    """``[[source]] select``: parts of a site's pages, if they are not found automatically."""

    links: Selector = Field("", description="Selects the links to articles on a section page.")
    body: Selector = Field("", description="Selects the element with an article's text.")
    title: Selector = Field("", description="Selects the element with its headline.")


class SourceSettings(Section):
    """``[[source]]``: a site, feed or page that is visited."""

    name: Name = Field(description="Its name; unique.")
    url: WebAddress = Field(description="Its home page; with another `kind`, exactly this address.")
    kind: SourceKind = Field(
        SourceKind.AUTO,
        description="`auto` finds feeds, news sitemap and sections of a home page; `feed`, `sitemap`, `section` "
        "(a page with links to articles) and `page` (itself watched for change) use exactly this address.",
    )
    tags: tuple[Name, ...] = Field((), description="Tags to group sources by, for watches.")
    every: Every | None = Field(
        None,
        description="Fixed time between two visits, or a cron expression such as `0 7 * * mon-fri` in your "
        "`timezone`; without it the interval adapts to the source.",
    )
    min_every: Duration | None = Field(
        None, description="Shortest adaptive interval; by default `[fetch] min_every`."
    )
    max_every: Duration | None = Field(
        None, description="Longest adaptive interval; by default `[fetch] max_every`."
    )
    active_hours: ActiveHours | None = Field(
        None, description="Visit only within these hours of your `timezone`, such as `06:00-23:00`."
    )
    silent_after: Literal["auto"] | Duration = Field(
        "auto",
        description="A source without news for this long counts as quiet; `auto` learns the time.",
    )
    include: tuple[Pattern, ...] = Field(
        (), description="Only articles whose address matches one of these; `*` stands for anything."
    )
    exclude: tuple[Pattern, ...] = Field(
        (), description="No articles whose address matches one of these, such as `/sport/*`."
    )
    select: Select = Field(
        Select(), description="CSS selectors, if a site needs them: `links`, `body`, `title`."
    )
    headers: dict[HeaderName, HeaderValue] = Field(
        {},
        repr=False,
        description="Headers sent to the scheme, host and port of `url`, and nowhere else.",
    )
    cookies: dict[CookieName, HeaderValue] = Field(
        {},
        repr=False,
        description="Cookies sent to the scheme, host and port of `url`, and nowhere else.",
    )
    # the address of each request is compared with all of them
    headers_for: tuple[Origin, ...] = Field(
        (),
        max_length=50,
        description="Further hosts that `headers`, `cookies` and the login may be sent to: `www.example.org`, which means "
        "https, or `http://localhost:8080`.",
    )
    username: str = Field("", description="Name for HTTP authentication, if the site asks for one.")
    password: str = Field("", repr=False, description="`password_file` is safer.")
    password_file: FilePath | None = Field(
        None, description="File whose first line is the password for HTTP authentication."
    )
    proxy: ProxyAddress | None = Field(
        None,
        repr=False,
        description="Proxy this source is fetched through, in place of `[fetch] proxy` and for all its hosts: "
        "`http://proxy.example.org:3128`; a login in it goes to the proxy alone. `none` fetches it directly.",
    )
    robots: Literal["obey", "ignore"] = Field(
        "obey",
        description='`ignore` reads a feed (`kind = "feed"`) although its robots.txt forbids robots, as feed readers do: '
        "for feeds you have permission to read. Its pages are never fetched against robots.txt.",
    )
    render: bool = Field(
        False, description="Open pages in a browser first; needs the extra `watchword[browser]`."
    )
    timezone: Zone | None = Field(
        None, description="Zone of the site, used where a page states none."
    )
    language: str | None = Field(
        None, pattern=r"^[a-z]{2}$", description="Language, as `en` or `de`, if pages do not say."
    )
    backfill: Duration = Field(
        parse_duration("0s"),
        description="How far back the first visit reaches; `0s` marks what is there as seen.",
    )
    allow_private: bool = Field(
        False, description="Let this source live on a loopback or private address."
    )
    paused: bool = Field(False, description="Keep the source, but do not visit it.")

    _has_login_in_url: bool = PrivateAttr(False)

    @model_validator(mode="wrap")
    @classmethod
    def _take_pasted_url(cls, facts: object, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Accept an address as people paste it, and use a login in it as username and password."""
        plain, has_login = _split_pasted_url(facts)
        settings = handler(plain)
        if has_login:
            settings._has_login_in_url = True
        return settings

    @property
    def has_login_in_url(self) -> bool:
        """Return whether the login was written into the address."""
        return self._has_login_in_url

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if self.robots == "ignore" and self.kind is not SourceKind.FEED:
            raise ValueError(
                '`robots = "ignore"` is for feeds alone; set `kind = "feed"` and the address of the feed'
            )
        if any(name.lower() == "proxy-authorization" for name in self.headers):
            raise ValueError(
                "`headers` are for the site; the login of a proxy stands in `proxy`, as http://name:password@host:port"
            )
        if self.min_every and self.max_every and self.min_every > self.max_every:
            raise ValueError("`min_every` must not be longer than `max_every`")
        return self


def _split_pasted_url(facts: object) -> tuple[object, bool]:
    """Return a source's settings with the plain address, and whether a login was taken out of it.

    raises  ValueError if the settings contain another login
    """
    stated = facts.get("url") if isinstance(facts, Mapping) else None
    if not isinstance(facts, Mapping) or not isinstance(stated, str):
        return facts, False
    # a whole address stays as written: another spelling would be another source in the database
    is_whole = stated.startswith(("http://", "https://"))
    has_scheme = ":" in stated
    url = stated if is_whole else read_pasted(stated) if has_scheme else None
    try:
        plain, name, password = split_login(url or "")
    except ValueError:
        url = None
    # an address that is no web address is refused by the field itself
    if url is None:
        return facts, False
    if not name and not password:
        return {**facts, "url": plain}, False
    if any(facts.get(key) for key in ("username", "password", "password_file")):
        raise ValueError("there is a login in `url` and another one beside it; give only one")
    return {**facts, "url": plain, "username": name, "password": password}, True

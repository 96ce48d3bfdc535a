"""The configuration of a week, as a person would write it."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from bench.week.watches import WatchPlan
from bench.week.world.serving.sending import KEY, LOGIN, MEMBER
from bench.week.world.sites import Site

# a pause between requests that the short week leaves room for
DELAY_SECONDS = 0.8
ADMIN = "admin@desk.test"
_HEAD = """
timezone = "UTC"
[store]
path = "{database}"
[fetch]
every = "{every:g}s"
min_every = "1s"
max_every = "1h"
timeout = "8s"
per_domain = {{ concurrency = 1, delay = "{delay:g}s" }}
[schedule]
reload = "1s"
jitter = 0.05
[story]
revisits = {revisits}
[mail]
host = "127.0.0.1"
port = {mail_port}
tls = "none"
from = "watch@desk.test"
admin = "{admin}"
per_hour = 1000
timeout = "5s"
batch_window = "5s"
[[synonyms]]
name = "kyiv"
words = ["Kyiv", "Kiev", "Київ"]
[[channel]]
name = "newsroom"
url = "http://127.0.0.1:{hook_port}/newsroom"
[[channel]]
name = "archive"
url = "http://127.0.0.1:{hook_port}/archive"
"""
_SOURCE = """
[[source]]
name = "{name}"
url = "{url}"
kind = "{kind}"
every = "{every:g}s"
tags = [{tags}]
allow_private = true
{more}"""
# quirk -> the setting that a person makes for such a site
SETTINGS = {
    "robots against": 'robots = "ignore"',
    "login wanted": 'username = "{}"\npassword = "{}"'.format(*LOGIN.split(":")),
    "own key": f'headers = {{ X-Key = "{KEY}" }}',
    "subscribers": 'cookies = {{ {} = "{}" }}'.format(*MEMBER.split("=")),
    "exclude": 'exclude = ["/sport/*"]',
    "select": 'select = { body = "div.story-text" }',
}


def write_settings(  # noqa: PLR0913  # what a configuration is made of
    sites: Iterable[Site],
    watches: Iterable[WatchPlan],
    *,
    database: str,
    mail_port: int,
    hook_port: int,
    every: float,
    digest: str,
    revisits: tuple[int, ...],
) -> str:
    """Return the configuration as TOML."""
    head = _HEAD.format(
        database=database,
        every=every,
        delay=DELAY_SECONDS,
        revisits=[f"{step}s" for step in revisits],
        mail_port=mail_port,
        hook_port=hook_port,
        admin=ADMIN,
    )
    parts, kept = [head], tuple(sites)
    for site in kept:
        parts.append(
            _SOURCE.format(
                name=site.name,
                url=site.source_url,
                kind=site.kind.endpoint,
                every=every,
                tags=", ".join(f'"{tag}"' for tag in site.tags),
                more="".join(f"{SETTINGS[one]}\n" for one in sorted(site.quirks & SETTINGS.keys())),
            )
        )
        if site.new_url:
            new = _SOURCE.format(
                name=f"new-{site.name}",
                url=f"{site.new_url}/rss",
                kind="feed",
                every=every,
                tags="",
                more="",
            )
            parts.append(f"{new}paused = true\n")  # its host may then be on this machine
    # a watch of sources that this week does not have would be a fault of the configuration
    named = {tag for site in kept for tag in site.tags}
    parts += [
        watch.write(digest)
        for watch in watches
        if watch.is_active and (not watch.rule.sources or named & set(watch.rule.sources))
    ]
    return "\n".join(parts)


def list_digest_hours(start: datetime, seconds: float, *, every_minutes: int) -> str:
    """Return the hours of digests: every few minutes during the week, every minute after it."""
    first = start.replace(second=0, microsecond=0) + timedelta(minutes=1)
    minutes = int(seconds // 60) + 4
    moments = [
        first + timedelta(minutes=n)
        for n in range(minutes)
        if n % every_minutes == 0 or n >= minutes - 4
    ]
    return ", ".join(f"{moment:%H:%M}" for moment in moments)

"""Faults of secrets, found at the start and not when the first message leaves at night.

Only commands that will use the secrets look for them (``check``, ``run``, ``crawl``): a person who lists watches need not
be allowed to read the service's passwords. ``token_command`` is not run.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel

from crawler.config.checks.faults import Origin
from crawler.config.files.secrets import (
    read_channel_keys,
    read_channel_url,
    read_cluster_database,
    read_mailbox_password,
    read_password,
    read_source_password,
    read_token_file,
)
from crawler.config.schema import Config
from crawler.config.sections.mail import ChannelSettings, MailSettings
from crawler.config.sections.sources import SourceSettings
from crawler.config.values import check_web_address
from crawler.errors import ConfigFaulty, Fault
from crawler.text.web.webhook_keys import find_key_fault

OriginOf = Callable[[tuple[str, ...]], Origin]


def find_secret_faults(
    config: Config,
    items: Mapping[str, Sequence[tuple[BaseModel, Origin]]],
    origin_of: OriginOf,
) -> Iterator[Fault]:
    """Read every secret once and yield a fault for each that cannot be used, at the setting that names it.

    items      the settings of each kind of list, with their origins
    origin_of  returns the origin of a setting of a single table
    """
    mail, mailbox = config.mail, config.unsubscribe
    if config.tls.ca_file:
        yield from _check_authority(config.tls.ca_file, origin_of)
    if mail.host:
        yield from _check_mail(mail, origin_of)
    if mailbox.host:
        place = ("unsubscribe", "password_file")
        yield from _try(lambda: read_mailbox_password(mailbox), origin_of(place), place)
    if config.cluster.is_on:
        place = ("cluster", "database_file" if config.cluster.database_file else "database")
        yield from _try(lambda: read_cluster_database(config.cluster), origin_of(place), place)
    for settings, origin in (item for found in items.values() for item in found):
        match settings:
            case SourceSettings():
                yield from _check_source(settings, origin)
            case ChannelSettings():
                yield from _check_channel(settings, origin)


def _check_authority(ca_file: Path, origin_of: OriginOf) -> Iterator[Fault]:
    from crawler.machine.trust import make_context  # noqa: PLC0415  # OpenSSL, for the few who have an authority of their own

    place = ("tls", "ca_file")
    try:
        make_context(ca_file)
    except OSError as error:
        yield origin_of(place).fault(place, str(error))


def _check_mail(mail: MailSettings, origin_of: OriginOf) -> Iterator[Fault]:
    if mail.token_file:
        place = ("mail", "token_file")
        yield from _try(lambda: read_token_file(mail), origin_of(place), place)
    elif mail.password_file:
        place = ("mail", "password_file")
        yield from _try(lambda: read_password(mail), origin_of(place), place)
    elif mail.username and not (mail.password or mail.token_command):
        place = ("mail", "username")
        problem = "it has no password; set `password_file` or WATCHWORD_MAIL_PASSWORD"
        yield origin_of(place).fault(place, problem)


def _check_source(source: SourceSettings, origin: Origin) -> Iterator[Fault]:
    yield from _try(lambda: read_source_password(source), origin, ("password_file",))


def _check_channel(channel: ChannelSettings, origin: Origin) -> Iterator[Fault]:
    def check_url() -> None:
        url = read_channel_url(channel)
        if channel.kind == "webhook" and not _is_web_address(url):
            raise ValueError("it does not contain a full address with http:// or https://")

    def check_keys() -> None:
        if problem := find_key_fault(read_channel_keys(channel)):
            raise ValueError(problem)

    yield from _try(check_url, origin, ("url_file" if channel.url_file else "url",))
    # a key in the configuration itself is checked by across.py, for every command
    if channel.secret_file:
        yield from _try(check_keys, origin, ("secret_file",))


def _is_web_address(url: str) -> bool:
    """Return whether a text is a web address, without saying what is wrong: a webhook's address is a secret."""
    try:
        check_web_address(url)
    except ValueError:
        return False
    return True


def _try(read: Callable[[], object], origin: Origin, loc: tuple[str, ...]) -> Iterator[Fault]:
    try:
        read()
    except ConfigFaulty as faulty:
        for fault in faulty.faults:
            yield origin.fault(loc, f"{fault.file} {fault.problem}")
    except ValueError as error:
        yield origin.fault(loc, str(error))

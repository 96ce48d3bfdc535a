"""Reading secrets from their files or settings, when they are needed; they are not kept.

A secret file is read as people write it: UTF-8 with or without a byte order mark; the first line without its line end is
the secret, and blanks belong to it. An empty secret is a fault: a login with "" would be refused at best.
"""

from pathlib import Path

from crawler.config.sections.mail import ChannelSettings, MailSettings
from crawler.config.sections.sources import SourceSettings
from crawler.config.sections.unsubscribe import UnsubscribeSettings
from crawler.config.sections.web import WebSettings, find_password_fault
from crawler.config.upkeep.cluster import (
    ClusterSettings,
    find_database_fault,
    list_database_secrets,
)
from crawler.config.upkeep.health import HealthSettings
from crawler.errors import ConfigFaulty, Fault
from crawler.logs.masking.own_secrets import keep_address, keep_secret
from crawler.machine.access import explain_reading
from crawler.text.web.webhook_keys import list_keys

# a wrong path may lead to a disk or a database
_MOST_BYTES = 65_536


def read_password(mail: MailSettings) -> str:
    """Return the mail password from its file or its setting; raises ConfigFaulty if the file contains none."""
    return _read_secret(mail.password_file, mail.password, where="mail.password_file")


def read_mailbox_password(mailbox: UnsubscribeSettings) -> str:
    """Return the mailbox password from its file or its setting; raises ConfigFaulty if the file contains none."""
    return _read_secret(mailbox.password_file, mailbox.password, where="unsubscribe.password_file")


def read_web_password(web: WebSettings) -> str:
    """Return the password of the web pages, empty for none; raises ConfigFaulty if its file contains no good one."""
    where = "web.password_file"
    password = _read_secret(web.password_file, web.password, where=where)
    if web.password_file and (problem := find_password_fault(password)):
        raise _fault(web.password_file, where, f"contains no acceptable password: it {problem}")
    return password


def read_ping(health: HealthSettings) -> str:
    """Return the address that takes signs of life, from its file or its setting; raises ConfigFaulty if the file contains none."""
    return keep_address(_read_secret(health.ping_file, health.ping, where="health.ping_file").strip())  # fmt: skip


def read_cluster_database(cluster: ClusterSettings) -> str:
    """Return the address of the cluster's database, empty for none; raises ConfigFaulty if its file contains no good one."""
    where = "cluster.database_file"
    address = _read_secret(cluster.database_file, cluster.database, where=where).strip()
    if cluster.database_file and (problem := find_database_fault(address)):
        raise _fault(cluster.database_file, where, f"contains no usable address: {problem}")
    for secret in list_database_secrets(address):
        keep_secret(secret)
    return address


def read_token_file(mail: MailSettings) -> str:
    """Return the access token in ``token_file``; raises ConfigFaulty if the file contains none."""
    return _read_secret(mail.token_file, "", where="mail.token_file")


def read_source_password(source: SourceSettings) -> str:
    """Return a source's password from its file or its setting; raises ConfigFaulty if the file contains none."""
    where = f'source "{source.name}".password_file'
    return _read_secret(source.password_file, source.password, where=where)


def read_channel_secrets(channel: ChannelSettings) -> tuple[str, tuple[str, ...]]:
    """Return a channel's address and keys from files or settings; raises ConfigFaulty if a file contains none."""
    return read_channel_url(channel), read_channel_keys(channel)


def read_channel_url(channel: ChannelSettings) -> str:
    """Return a channel's address, without blanks around it."""
    where = f'channel "{channel.name}".url_file'
    return keep_address(_read_secret(channel.url_file, channel.url, where=where).strip())


def read_channel_keys(channel: ChannelSettings) -> tuple[str, ...]:
    """Return the keys that sign a channel's messages; a file or setting has one a line."""
    if channel.secret_file is None:
        return tuple(keep_secret(key) for key in list_keys(channel.secret))
    where = f'channel "{channel.name}".secret_file'
    keys = list_keys(_read(channel.secret_file, where=where))
    for key in keys:
        keep_secret(key)
    if not keys:
        raise _fault(channel.secret_file, where, "is empty; it must contain one key per line")
    return keys


def _read_secret(file: Path | None, stated: str, *, where: str) -> str:
    if file is None:
        return keep_secret(stated)
    text = _read(file, where=where)
    first = text.partition("\n")[0].removesuffix("\r")
    if not text.strip():
        raise _fault(file, where, "is empty; its first line must be the secret")
    if not first.strip():
        raise _fault(file, where, "begins with an empty line; its first line must be the secret")
    return keep_secret(first)


def _read(file: Path, *, where: str) -> str:
    try:
        with file.open("rb") as opened:
            content = opened.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES or b"\0" in content:
            raise _fault(file, where, "is not a text file with a secret in its first line")
        # -sig: a byte order mark, as Windows editors write it, is no part of the secret
        return content.decode("utf-8-sig")
    except OSError as error:
        reason = explain_reading(error, file)
        raise _fault(file, where, f"cannot be read: {reason}") from error
    except UnicodeDecodeError as error:
        raise _fault(file, where, "cannot be read: it is not UTF-8 text") from error


def _fault(file: Path, where: str, problem: str) -> ConfigFaulty:
    return ConfigFaulty((Fault(file=str(file), line=0, where=where, problem=problem),))

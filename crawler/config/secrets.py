"""Secrets out of the files or settings that hold them; read when they are needed, and never kept."""

from pathlib import Path

from crawler.config.mail import ChannelSettings, MailSettings
from crawler.config.schema import SourceSettings
from crawler.config.unsubscribe import UnsubscribeSettings
from crawler.errors import ConfigFaulty, Fault
from crawler.text.webhook_keys import list_keys


def read_password(mail: MailSettings) -> str:
    """Give the mail password from its file or its setting; raises ConfigFaulty if the file is unreadable."""
    return _read_secret(mail.password_file, mail.password, where="mail.password_file")


def read_mailbox_password(mailbox: UnsubscribeSettings) -> str:
    """Return the password of the mailbox from its file or its setting; raises ConfigFaulty if the file is unreadable."""
    return _read_secret(mailbox.password_file, mailbox.password, where="unsubscribe.password_file")


def read_token_file(mail: MailSettings) -> str:
    """Return the access token in ``token_file``; raises ConfigFaulty if the file is unreadable."""
    return _read_secret(mail.token_file, "", where="mail.token_file")


def read_source_password(source: SourceSettings) -> str:
    """Give a source's password from its file or its setting; raises ConfigFaulty if the file is unreadable."""
    where = f'source "{source.name}".password_file'
    return _read_secret(source.password_file, source.password, where=where)


def read_channel_secrets(channel: ChannelSettings) -> tuple[str, tuple[str, ...]]:
    """Return a channel's address and its keys from files or settings; raises ConfigFaulty if a file is unreadable."""
    where = f'channel "{channel.name}"'
    url = _read_secret(channel.url_file, channel.url, where=f"{where}.url_file")
    file, stated = channel.secret_file, channel.secret
    return url, list_keys(_read_secrets(file, stated, where=f"{where}.secret_file"))


def _read_secret(file: Path | None, stated: str, *, where: str) -> str:
    return stated if file is None else _read_secrets(file, stated, where=where).splitlines()[0]


def _read_secrets(file: Path | None, stated: str, *, where: str) -> str:
    """Return all lines of a file, the first of which must say something, or what was stated."""
    if file is None:
        return stated
    try:
        first, *more = file.read_text(encoding="utf-8").splitlines()
        return "\n".join([first.strip(), *more])
    except (OSError, UnicodeDecodeError, ValueError) as error:
        problem = f"cannot be read ({error.__class__.__name__}); its first line must be the secret"
        fault = Fault(file=str(file), line=0, where=where, problem=problem)
        raise ConfigFaulty((fault,)) from error

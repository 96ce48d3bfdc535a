"""Secrets out of the files or settings that hold them; read when they are needed, and never kept."""

from pathlib import Path

from crawler.config.mail import ChannelSettings, MailSettings
from crawler.config.schema import SourceSettings
from crawler.errors import ConfigFaulty, Fault


def read_password(mail: MailSettings) -> str:
    """Give the mail password from its file or its setting; raises ConfigFaulty if the file is unreadable."""
    return _read_secret(mail.password_file, mail.password, where="mail.password_file")


def read_token_file(mail: MailSettings) -> str:
    """Return the access token in ``token_file``; raises ConfigFaulty if the file is unreadable."""
    return _read_secret(mail.token_file, "", where="mail.token_file")


def read_source_password(source: SourceSettings) -> str:
    """Give a source's password from its file or its setting; raises ConfigFaulty if the file is unreadable."""
    where = f'source "{source.name}".password_file'
    return _read_secret(source.password_file, source.password, where=where)


def read_channel_secrets(channel: ChannelSettings) -> tuple[str, str]:
    """Give a channel's address and key from files or settings; raises ConfigFaulty if a file is unreadable."""
    where = f'channel "{channel.name}"'
    return (
        _read_secret(channel.url_file, channel.url, where=f"{where}.url_file"),
        _read_secret(channel.secret_file, channel.secret, where=f"{where}.secret_file"),
    )


def _read_secret(file: Path | None, stated: str, *, where: str) -> str:
    if file is None:
        return stated
    try:
        return file.read_text(encoding="utf-8").splitlines()[0].strip()
    except (OSError, UnicodeDecodeError, IndexError) as error:
        problem = f"cannot be read ({error.__class__.__name__}); its first line must be the secret"
        fault = Fault(file=str(file), line=0, where=where, problem=problem)
        raise ConfigFaulty((fault,)) from error

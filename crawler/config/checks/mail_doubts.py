"""Doubts about mail settings: no faults, but they may not work, or not as was meant."""

from collections.abc import Iterator

from crawler.config.schema import Config
from crawler.text.web.mail_addresses import identify_mailbox, list_beyond_ascii, needs_smtputf8

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def find_mail_doubts(config: Config) -> Iterator[str]:
    """Yield a sentence for each doubt about mail."""
    yield from _find_beyond_ascii(config)
    yield from _find_two_spellings(config)
    mail = config.mail
    if mail.tls == "none" and mail.username and mail.host and mail.host not in _LOOPBACK:
        yield (
            f'[mail] tls = "none" sends the login and all messages to {mail.host} unencrypted; '
            'set "starttls" or "tls" to encrypt them'
        )


def _find_beyond_ascii(config: Config) -> Iterator[str]:
    mail = config.mail
    stated = (("from", mail.from_), ("reply_to", mail.reply_to), ("admin", mail.admin))
    named = (*stated, *(("to", one) for one in mail.to))
    seen = set[str]()
    for where, address in (*((f"[mail] {key}", one) for key, one in named), *_list_watched(config)):
        if address and needs_smtputf8(address) and address not in seen:
            seen.add(address)
            signs = list_beyond_ascii(address.rpartition("@")[0])
            yield (
                f"{where}: {address} has {signs} before the @, which only mail servers with SMTPUTF8 accept; "
                f"`watchword mail test {address}` says whether yours does"
            )


def _list_watched(config: Config) -> Iterator[tuple[str, str]]:
    for watch in config.watches:
        yield from ((f'watch "{watch.name}"', one) for one in watch.to)


def _find_two_spellings(config: Config) -> Iterator[str]:
    seen = dict[str, str]()
    named = (*config.mail.to, *(one for _, one in _list_watched(config)))
    for address in dict.fromkeys(named):
        first = seen.setdefault(identify_mailbox(address), address)
        if first != address:
            yield f"{address} and {first} are the same mailbox"

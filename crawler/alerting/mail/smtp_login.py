"""Logging in to a mail server, with a password by PLAIN, LOGIN or CRAM-MD5, or with a token by XOAUTH2."""

import base64
import binascii
import json
from collections.abc import Awaitable, Callable

import aiosmtplib
from aiosmtplib.auth import auth_xoauth2_encode

from crawler.alerting.mail.smtp_answers import tidy_answer
from crawler.errors import TransportDown
from crawler.model.mail.server import MailServer

# CRAM-MD5 sends a hash and not the password, so it comes first on an open connection. Over TLS it comes last, because
# some servers offer it without the plain passwords that they would need to check it
_ENCRYPTED, _OPEN = ("PLAIN", "LOGIN", "CRAM-MD5"), ("CRAM-MD5", "PLAIN", "LOGIN")


async def log_in(client: aiosmtplib.SMTP, server: MailServer) -> str:
    """Log in and return the name of the mechanism.

    raises  TransportDown with the reason: no login is offered, none that we know, or it was refused

    If a server refuses one mechanism, the next that both sides know is tried, as some servers offer what they cannot do.
    """
    offered = tuple(name.upper() for name in client.server_auth_methods)
    wanted = [name for name in _list_wanted(server) if name in offered]
    if not wanted:
        raise TransportDown(_explain_none_fits(server, offered))
    refusal: aiosmtplib.SMTPAuthenticationError | None = None
    for name in wanted:
        try:
            await _mechanism(client, name)(server)
        except aiosmtplib.SMTPAuthenticationError as error:
            refusal = error
            if error.code // 100 == 4 or not client.is_connected:
                break
        else:
            return name
    raise TransportDown(_explain_refused(server, refusal))


def _list_wanted(server: MailServer) -> tuple[str, ...]:
    if server.auth != "auto":
        return (server.auth.upper(),)
    if server.token:
        return ("XOAUTH2",)
    return _OPEN if server.tls == "none" else _ENCRYPTED


def _mechanism(client: aiosmtplib.SMTP, name: str) -> Callable[[MailServer], Awaitable[object]]:
    """Return a function that logs in by a mechanism; it raises SMTPAuthenticationError if it is refused."""

    async def with_password(server: MailServer) -> object:
        known = {"PLAIN": client.auth_plain, "LOGIN": client.auth_login}
        return await known.get(name, client.auth_crammd5)(server.username, server.password)

    async def with_token(server: MailServer) -> None:
        await _log_in_by_token(client, server)

    return with_token if name == "XOAUTH2" else with_password


async def _log_in_by_token(client: aiosmtplib.SMTP, server: MailServer) -> None:
    """Log in with a token. A server that refuses it sends the reason as a challenge, and its code after an empty reply."""
    login = auth_xoauth2_encode(server.username, server.token)
    answer, reason = await client.execute_command(b"AUTH", b"XOAUTH2", login), ""
    if answer.code == 334:
        reason = _read_challenge(answer.message)
        answer = await client.execute_command(b"")
    if answer.code // 100 != 2:
        words = " ".join(filter(None, (answer.message, reason)))
        raise aiosmtplib.SMTPAuthenticationError(answer.code, words)


def _read_challenge(text: str) -> str:
    """Return the reason in a challenge's JSON, such as ``(status 401, schemes bearer)``; empty if there is none."""
    try:
        facts = json.loads(base64.b64decode(text, validate=True))
        return f"({', '.join(f'{name} {value}' for name, value in facts.items())})"
    except (binascii.Error, ValueError, AttributeError, RecursionError):
        return ""


def _explain_none_fits(server: MailServer, offered: tuple[str, ...]) -> str:
    where = f"the mail server {server.host}:{server.port} could not be used:"
    if not offered:
        open_hint = ', perhaps because the connection is not encrypted: set tls = "starttls"'
        return f"{where} it offers no login{open_hint if server.tls == 'none' else ''}"
    wanted, others = " or ".join(_list_wanted(server)), ", ".join(offered)
    if server.auth == "auto" and not server.token and "XOAUTH2" in offered:
        others += "; for XOAUTH2 set [mail] token_command or token_file"
    # cut, because a server may offer any number of names
    return f"{where} we would log in by {wanted}, and it offers only {others}"[:500]


def _explain_refused(server: MailServer, refusal: aiosmtplib.SMTPAuthenticationError | None) -> str:
    code, words = (refusal.code, refusal.message) if refusal else (0, "")
    words = tidy_answer(words, secrets=(server.password, server.token))
    what = "token" if server.token else "login"
    return f"the mail server refused the {what} of {server.username} ({code}): {words}"

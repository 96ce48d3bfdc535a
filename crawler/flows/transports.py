"""The ways letters leave: the mail server, the Maildir beside the database, webhooks, and Apprise."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from crawler.alerting.channel_parts import list_parts
from crawler.alerting.channels import Taken, notify_by_apprise
from crawler.alerting.compose import compose_letter
from crawler.alerting.maildir import deliver_to_maildir
from crawler.alerting.smtp import Tell, send_by_smtp
from crawler.alerting.webhook import name_message, post_webhook, write_payload
from crawler.clock import Clock
from crawler.config.mail import ChannelSettings
from crawler.config.schema import Config
from crawler.config.secrets import read_channel_secrets, read_password
from crawler.errors import ConfigFaulty, MailDeferred
from crawler.flows.letters import find_links, find_sender
from crawler.model.alert import Letter, channel_of
from crawler.model.mail import MailServer

# one attempt, begun: what it is waited for gives the server's last word
Sending = Callable[[], Coroutine[Any, Any, str]]


class Transport(Protocol):
    """Writes a letter and gives the attempt that sends it.

    What cannot be written raises at once; the attempt raises MailDeferred or MailRefused.
    """

    def __call__(self, letter: Letter) -> Sending:
        """Write the letter."""


def choose_transport(config: Config, *, clock: Clock, tell: Tell = lambda _step: None) -> Transport:
    """Give the way letters leave: by mail, or by the channel of the recipient's name.

    tell  is told each step of a conversation with the mail server
    """

    taken = Taken()

    def write(letter: Letter) -> Sending:
        if channel_of(letter.recipient) is None:
            return _write_mail(letter, config, tell)
        return _write_to_channel(letter, config, clock=clock, taken=taken)

    return write


def _write_mail(letter: Letter, config: Config, tell: Tell) -> Sending:
    message = compose_letter(letter, sender=find_sender(config), links=find_links(config))
    message.as_bytes()  # what cannot be sent shall fail here, where it is known to be the letter's fault

    async def keep() -> str:
        try:
            path = await asyncio.to_thread(
                deliver_to_maildir, message, folder=config.maildir, recipient=letter.recipient
            )
        except OSError as error:
            raise MailDeferred(
                f"the Maildir {config.maildir} cannot be written: {error}"
            ) from error
        return str(path)

    async def send() -> str:
        server = _find_server(config)
        return await send_by_smtp(message, recipient=letter.recipient, server=server, tell=tell)

    return send if config.mail.host else keep


def _find_server(config: Config) -> MailServer:
    mail = config.mail
    try:
        password = read_password(mail)
    except ConfigFaulty as error:
        raise MailDeferred(str(error)) from error
    return MailServer(
        host=mail.host,
        port=mail.port,
        tls=mail.tls,
        username=mail.username,
        password=password,
        timeout_seconds=mail.timeout.total_seconds(),
    )


def _write_to_channel(letter: Letter, config: Config, *, clock: Clock, taken: Taken) -> Sending:
    channel = config.channel_named(letter.recipient)
    if channel is None:

        async def wait() -> str:
            raise MailDeferred(f'no [[channel]] has the name "{letter.recipient}" any more')

        return wait
    links, timeout = find_links(config), config.mail.timeout.total_seconds()
    if channel.kind == "apprise":
        parts, message_id = list_parts(letter, links), letter.message_id

        async def notify() -> str:
            url, _ = _read_secrets(channel)
            return await notify_by_apprise(
                parts, url=url, timeout_seconds=timeout, taken=taken, message_id=message_id
            )

        return notify
    payload, message = write_payload(letter, links), name_message(letter.message_id)

    async def post() -> str:
        url, secrets = _read_secrets(channel)
        return await post_webhook(
            payload,
            message=message,
            url=url,
            secrets=secrets,
            now=clock(),
            timeout_seconds=timeout,
        )

    return post


def _read_secrets(channel: ChannelSettings) -> tuple[str, tuple[str, ...]]:
    try:
        return read_channel_secrets(channel)
    except ConfigFaulty as error:
        raise MailDeferred(str(error)) from error

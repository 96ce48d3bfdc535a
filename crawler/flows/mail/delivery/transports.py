"""The transports by which messages leave: the mail server, the Maildir beside the database, webhooks, and Apprise."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from crawler.alerting.channels.channel_parts import list_parts
from crawler.alerting.channels.channels import Taken, notify_by_apprise
from crawler.alerting.channels.webhook import make_webhook_id, post_webhook, write_payload
from crawler.alerting.mail.headers import write_message as write_mail
from crawler.alerting.mail.local.maildir import deliver_to_maildir
from crawler.alerting.mail.local.sendmail import send_by_sendmail
from crawler.alerting.mail.smtp import send_by_smtp
from crawler.alerting.mail.smtp_session import OnStep
from crawler.alerting.mail.token_command import fetch_token, read_token
from crawler.alerting.messages.compose import compose_mail
from crawler.clock import Clock
from crawler.config.files.secrets import read_channel_secrets, read_password, read_token_file
from crawler.config.schema import Config
from crawler.config.sections.mail import ChannelSettings
from crawler.errors import ConfigFaulty, MailDeferred, MailRefused, TransportDown
from crawler.flows.mail.delivery.messages import find_links, find_sender
from crawler.log import log_event
from crawler.model.mail.alert import Message, channel_of
from crawler.model.mail.server import MailServer

# one attempt; awaited, it returns the server's last answer
Sending = Callable[[], Coroutine[Any, Any, str]]
_log = logging.getLogger("watchword.transports")


class Transport(Protocol):
    """A function that writes a message and returns the attempt that sends it.

    A message that cannot be written raises at once; the attempt raises MailDeferred or MailRefused.
    """

    def __call__(self, message: Message) -> Sending:
        """Write the message and return the attempt."""


def choose_transport(
    config: Config, *, clock: Clock, on_step: OnStep = lambda _step: None
) -> Transport:
    """Return the transport of a configuration: mail, or the channel that a recipient names.

    on_step  called with each step of a conversation with the mail server
    """

    taken, others = Taken(), _list_mailboxes(config)

    def write(message: Message) -> Sending:
        if channel_of(message.recipient) is None:
            return _write_mail(message, config, on_step=on_step, others=others)
        return _write_to_channel(message, config, clock=clock, taken=taken)

    return write


async def try_message(transport: Transport, message: Message) -> tuple[bool, str]:
    """Send a message a person waits for; return whether it was taken, and the answer or what went wrong.

    Raises nothing, so that further recipients are tried: an address with umlauts once ended ``alert test`` for all.
    """
    try:
        return True, await transport(message)()
    except (MailDeferred, MailRefused) as error:
        return False, str(error)
    except Exception as error:
        # the person gets the sentence; the traceback goes to the debug log
        log_event(
            _log,
            logging.DEBUG,
            "message could not be tried",
            exc_info=True,
            recipient=message.recipient,
        )
        return False, f"a fault of Watchword: {error!r}"


def _list_mailboxes(config: Config) -> tuple[str, ...]:
    """Return all mail addresses of a configuration: a server that refuses all of them in the same words refuses us."""
    named = (name for watch in config.watches for name in config.recipients_of(watch))
    admin = (config.mail.admin,) if config.mail.admin else ()
    return tuple(name for name in dict.fromkeys((*named, *admin)) if channel_of(name) is None)


def _write_mail(
    message: Message, config: Config, *, on_step: OnStep, others: tuple[str, ...]
) -> Sending:
    mail = compose_mail(message, sender=find_sender(config), links=find_links(config))
    write_mail(
        mail, is_utf8=True
    )  # a message that cannot be sent must fail here, where this is known to be its own fault

    async def keep() -> str:
        try:
            path = await asyncio.to_thread(
                deliver_to_maildir, mail, folder=config.maildir, recipient=message.recipient
            )
        except OSError as error:
            raise MailDeferred(
                f"the Maildir {config.maildir} cannot be written: {error}"
            ) from error
        return str(path)

    async def send() -> str:
        server = await find_server(config)
        return await send_by_smtp(
            mail, recipient=message.recipient, server=server, on_step=on_step, others=others
        )

    async def hand_over() -> str:
        return await send_by_sendmail(
            mail,
            recipient=message.recipient,
            command=config.mail.sendmail,
            timeout_seconds=config.mail.timeout.total_seconds(),
        )

    if config.mail.sendmail:
        return hand_over
    return send if config.mail.host else keep


async def find_server(config: Config) -> MailServer:
    """Return the server with its password or a fresh token; raises TransportDown if there is none."""
    mail, seconds = config.mail, config.mail.timeout.total_seconds()
    password = token = ""
    try:
        if mail.token_command:
            token = await fetch_token(mail.token_command, timeout_seconds=seconds)
        elif mail.token_file:
            token = read_token(read_token_file(mail), where=f"[mail] token_file {mail.token_file}")
        else:
            password = read_password(mail)
    except ConfigFaulty as error:
        raise TransportDown(str(error)) from error
    return MailServer(
        host=mail.host,
        port=mail.port,
        tls=mail.tls,
        username=mail.username,
        password=password,
        token=token,
        auth=mail.auth,
        hello=mail.hello,
        ca_file=config.tls.ca_file,
        timeout_seconds=seconds,
    )


def _write_to_channel(message: Message, config: Config, *, clock: Clock, taken: Taken) -> Sending:
    channel = config.channel_named(message.recipient)
    if channel is None:

        async def wait() -> str:
            raise MailDeferred(f'no [[channel]] has the name "{message.recipient}" any more')

        return wait
    links, timeout = find_links(config), config.mail.timeout.total_seconds()
    if channel.kind == "apprise":
        parts, message_id = list_parts(message, links), message.message_id

        async def notify() -> str:
            url, _ = _read_secrets(channel)
            return await notify_by_apprise(
                parts,
                url=url,
                timeout_seconds=timeout,
                taken=taken,
                message_id=message_id,
                ca_file=config.tls.ca_file,
                proxies=config.fetch.proxy_rules,
            )

        return notify
    payload, webhook_id = write_payload(message, links), make_webhook_id(message.message_id)

    async def post() -> str:
        url, secrets = _read_secrets(channel)
        return await post_webhook(
            payload,
            webhook_id=webhook_id,
            url=url,
            secrets=secrets,
            now=clock(),
            timeout_seconds=timeout,
            ca_file=config.tls.ca_file,
            proxy=config.fetch.proxy_rules.find(url),
        )

    return post


def _read_secrets(channel: ChannelSettings) -> tuple[str, tuple[str, ...]]:
    try:
        return read_channel_secrets(channel)
    except ConfigFaulty as error:
        raise MailDeferred(str(error)) from error

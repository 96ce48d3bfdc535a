"""One test message, for a person who asks at the terminal or from a web page whether mail goes out."""

import asyncio
from collections.abc import Callable

from crawler.clock import utc_now
from crawler.config.schema import Config
from crawler.errors import RequestRefused
from crawler.flows.mail.delivery.transports import choose_transport, try_message
from crawler.flows.mail.resend import make_sample, make_test_message


def try_recipient(
    config: Config, recipient: str, *, on_step: Callable[[str], None]
) -> tuple[bool, str]:
    """Send a test message now; return whether it was taken, and what the server said. Blocks as long as the server does.

    on_step  called with each step that went well
    """
    sample = make_sample("mail test", "a test")
    message = make_test_message(sample, config, recipient=recipient, now=utc_now())
    transport = choose_transport(config, clock=utc_now, on_step=on_step)
    return asyncio.run(try_message(transport, message))


def send_test(config: Config, recipient: str) -> str:
    """Send a test message now, and return a sentence on it. Blocks as long as the mail server does.

    raises  RequestRefused with the server's answer, or for somebody the configuration does not name: a web page must not be
            a way to mail others
    """
    if recipient not in config.all_recipients or "@" not in recipient:
        raise RequestRefused(f"{recipient} is no mail address of the configuration")
    is_sent, answer = try_recipient(config, recipient, on_step=lambda _step: None)
    if not is_sent:
        raise RequestRefused(f"the test message to {recipient} was not sent: {answer}")
    where = f"by {config.mail.transport}" if config.mail.transport else "to the Maildir"
    return f"A test message to {recipient} was sent {where}."

"""The lines under a message: why it was sent and how to stop or mute it. Only the admin is shown commands and settings."""

import shlex
from collections.abc import Iterator
from urllib.parse import quote

from markupsafe import Markup

from crawler.alerting.links import Links
from crawler.alerting.phrases import HtmlPhrases, Phrases
from crawler.model.mail.alert import HELD, Alert, DeliveryKind, Message
from crawler.text.lines import clean_line


def write_footer(message: Message, links: Links, phrases: Phrases) -> tuple[str, ...]:
    """Return the lines under a message; as HTML if the phrases are HtmlPhrases."""
    write = _HtmlFooter(phrases) if isinstance(phrases, HtmlPhrases) else _Footer(phrases)
    return tuple(write.lines(message, links))


class _Footer:
    """Writes footers as text."""

    def __init__(self, phrases: Phrases) -> None:
        self._say = phrases.say

    def lines(self, message: Message, links: Links) -> Iterator[str]:
        match message.kind:
            case DeliveryKind.NOTICE:
                yield self._of_notice()
            case DeliveryKind.STATUS_REPORT:
                yield from self._of_report(message, links)
            case _:
                yield from self._of_alerts(message, links)

    def _of_notice(self) -> str:
        setting, command = self._code("[mail] admin"), self._code("watchword source show NAME")
        return self._say("footer.notice", setting=setting, command=command)

    def _of_report(self, message: Message, links: Links) -> Iterator[str]:
        if message.is_admin:
            setting, command = self._code("[mail] status_report"), self._code("watchword doctor")
            pages = self._link(links.web_url, self._say("footer.pages"))
            yield self._say("footer.report", setting=setting, command=command, pages=pages)
        else:
            yield self._say("footer.report_reader")
            yield from self._write_to(message)

    def _of_alerts(self, message: Message, links: Links) -> Iterator[str]:
        single = _find_single(message)
        if single is not None:
            query = self._code(clean_line(single.query))
            yield self._say("footer.for_watch", watch=clean_line(single.watch_name), query=query)
        stop_url = links.to_message(message)
        if stop_url and single is not None:
            source = clean_line(single.source_name, max_characters=100)
            mute = self._say("footer.mute", source=source)
            yield self._link(links.to_message(message, single.id), mute)
        if stop_url:
            yield self._link(stop_url, self._say("footer.stop"))
        # readers cannot run commands, so their footer names a person to write to
        elif message.is_admin:
            yield from self._commands(single)
        else:
            yield from self._write_to(message)

    def _commands(self, single: Alert | None) -> Iterator[str]:
        if single is None:
            mute = self._code("watchword watch mute WATCH --story NUMBER")
            yield self._say("footer.command_mute_any", command=mute)
            reject = self._code("watchword alert reject NUMBER")
        else:
            name = shlex.quote(clean_line(single.watch_name))
            mute = self._code(f"watchword watch mute {name} --story {single.current_story_id}")
            yield self._say("footer.command_mute", command=mute)
            reject = self._code(f"watchword alert reject {single.id}")
        yield self._say("footer.command_reject", command=reject)

    def _write_to(self, message: Message) -> Iterator[str]:
        if message.contact:
            yield self._say("footer.write_to", contact=self._address(message.contact))

    def _code(self, text: str) -> str:
        return text

    def _link(self, url: str, text: str) -> str:
        return f"{text}: {url}"

    def _address(self, address: str) -> str:
        return address


class _HtmlFooter(_Footer):
    """Writes footers as HTML, with all values escaped."""

    def _code(self, text: str) -> str:
        return Markup('<code dir="auto">{}</code>').format(text)

    def _link(self, url: str, text: str) -> str:
        return Markup('<a class="link" href="{}">{}</a>').format(url, text)

    def _address(self, address: str) -> str:
        return self._link(f"mailto:{quote(address, safe='@+')}", address)


def _find_single(message: Message) -> Alert | None:
    """Return the alert of a message that has exactly one, None for any other."""
    is_one = message.kind is DeliveryKind.ALERT or (
        message.series == HELD and len(message.alerts) == 1
    )
    return message.alerts[0] if is_one else None

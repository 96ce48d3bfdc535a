"""Rendering a message as plain text and as HTML, with the same content; in HTML all values are escaped."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.resources import files

import css_inline
import jinja2

from crawler.alerting.links import Links
from crawler.alerting.messages.digest import Digest, Section, join_names, make_digest
from crawler.alerting.messages.footers import write_footer
from crawler.alerting.messages.notice import describe_notice, write_notice_title
from crawler.alerting.messages.show import MOST_OUTLETS, ShownAlert, show_alert
from crawler.alerting.messages.status_report import show_status_report
from crawler.alerting.phrases import HtmlPhrases, Phrases, phrases_of
from crawler.model.mail.alert import HELD, DeliveryKind, Message, group_of
from crawler.text.languages.folding import fold, measure_width
from crawler.text.lines import clean_line
from crawler.text.word_diff import mark_piece

# columns of the text part: a line of quoted-printable (RFC 2045, 6.7)
_WIDTH = 76
# Gmail shows 102 KB of a message and hides the rest behind a link; counted as quoted-printable, as it is sent (decision 027)
MOST_BYTES = 95_000
# bytes that quoted-printable does not write as they are; "=" (61) is one
_ESCAPED = bytes(byte for byte in range(256) if not 32 <= byte <= 126 or byte == 61)
# watches listed at the top of a digest; further ones are named in one line
_MOST_CONTENTS = 30


@dataclass(frozen=True, slots=True)
class Rendered:
    """The text and the HTML part of a message."""

    text: str
    html: str


def render(message: Message, links: Links) -> Rendered:
    """Return both parts of a message of any kind."""
    if message.kind is DeliveryKind.NOTICE:
        return _render_notice(message, links)
    if message.kind is DeliveryKind.STATUS_REPORT:
        return _render_status_report(message, links)
    if is_single(message):
        return _fit(partial(_render_single, message, links), MOST_OUTLETS)
    return _fit(partial(_render_digest, message, links), max(1, len(message.alerts)))


def is_single(message: Message) -> bool:
    """Return whether a message is a single alert; one that was held back and stayed alone is shown like any other."""
    return message.kind is DeliveryKind.ALERT or (
        message.series == HELD and len(message.alerts) == 1
    )


def _fit(write: Callable[[int], Rendered], most: int) -> Rendered:
    """Return the parts with as many stories, or outlets of one story, as fit into ``MOST_BYTES``, at least one; by bisection."""
    best = write(most)
    if _is_short(best):
        return best
    best, fitting, too_many = write(1), 1, most
    while too_many - fitting > 1:
        middle = (fitting + too_many) // 2
        found = write(middle)
        if _is_short(found):
            best, fitting = found, middle
        else:
            too_many = middle
    return best


def _is_short(rendered: Rendered) -> bool:
    return max(map(count_quoted, (rendered.html, rendered.text))) <= MOST_BYTES


def count_quoted(text: str) -> int:
    """Return how many bytes a text takes as quoted-printable, with line ends and soft line breaks."""
    data = text.encode("utf-8", "replace")
    plain = len(data.translate(None, _ESCAPED))
    ends = data.count(b"\n")
    # 1 for a plain byte, 2 for a line end (CRLF), 3 for any other ("=XX"); then "=" and CRLF for each full line
    size = plain + 2 * ends + 3 * (len(data) - plain - ends)
    return size + 3 * (size // 73)


def _render_digest(message: Message, links: Links, most: int) -> Rendered:
    def show(phrases: Phrases) -> dict[str, object]:
        digest = make_digest(message, links, phrases=phrases, most=most)
        return _show_digest(digest, message, links, phrases)

    return _render("digest", message, links, show)


def _render_single(message: Message, links: Links, most: int) -> Rendered:
    def show(phrases: Phrases) -> dict[str, object]:
        shown = show_alert(message.alerts[0], links, message, phrases=phrases, most_outlets=most)
        return {
            "title": shown.headline,
            "preheader": "".join(text for text, _ in shown.proof)[:150],
            "alert": shown,
            "facts": _list_facts(shown, phrases)[1:],
        }

    return _render("alert", message, links, show)


def _show_digest(
    digest: Digest, message: Message, links: Links, phrases: Phrases
) -> dict[str, object]:
    shown = [section for section in digest.sections if section.items]
    further = digest.sections[_MOST_CONTENTS:]
    title = phrases.count("digest.stories", digest.story_count)
    if len(digest.sections) > 1:
        watches = phrases.count("digest.watches", len(digest.sections))
        title = phrases.say("digest.for_watches", stories=title, watches=watches)
    names = [section.watch_name for section in further]
    is_cut = digest.shown_count < digest.story_count
    return {
        "title": title,
        "group": clean_line(group_of(message.series), max_characters=80),
        "why": write_held(message, phrases),
        "preheader": " \u00b7 ".join(item.shown.headline for one in shown for item in one.items[:1])[:150],
        "contents": digest.sections[:_MOST_CONTENTS],
        "more_watches": phrases.count("digest.more_watches", len(names), watches=join_names(names)) if names else "",
        "order": " ".join(_write_order(digest, phrases)),
        "cut": phrases.count("digest.cut", digest.shown_count) if is_cut else "",
        "sections": shown,
    }  # fmt: skip


def _write_order(digest: Digest, phrases: Phrases) -> Iterable[str]:
    if digest.story_count > 1:
        is_one = len(digest.sections) == 1
        yield phrases.say("digest.order_one" if is_one else "digest.order")
    if digest.shared_count:
        yield phrases.count("digest.shared", digest.shared_count)


def write_held(message: Message, phrases: Phrases) -> str:
    """Return why alerts that are usually sent at once are in one message; empty for a digest that was configured."""
    if message.series != HELD:
        return ""
    if not message.held_limit:
        return phrases.say("digest.looked_back")
    parts = [phrases.count("digest.flood", message.held_limit)]
    if message.is_admin:
        parts.append(phrases.say("digest.flood_setting", setting="[mail] per_hour"))
    return " ".join(parts)


def _render_status_report(message: Message, links: Links) -> Rendered:
    status_report = message.status_report
    if status_report is None:
        raise ValueError("a message of kind status_report has no status report")

    def show(phrases: Phrases) -> dict[str, object]:
        line = show_status_report(status_report, phrases).line
        return {
            "title": phrases.say("status.title"),
            "preheader": clean_line(line, max_characters=150),
        }

    return _render("status_report", message, links, show)


def _render_notice(message: Message, links: Links) -> Rendered:
    def show(phrases: Phrases) -> dict[str, object]:
        lines = describe_notice(message, phrases)
        return {
            "title": write_notice_title(message, phrases),
            "lines": lines,
            "preheader": clean_line("; ".join(lines), max_characters=150),
        }

    return _render("notice", message, links, show)


def _sees_web(message: Message, links: Links) -> bool:
    """Return whether the message's reader can open the web pages; an address of this machine is shown to the admin only."""
    return links.is_public or message.is_admin


def _list_facts(alert: ShownAlert, phrases: Phrases) -> tuple[tuple[str, str], ...]:
    facts = (
        ("text.source", alert.source_name),
        ("text.by", alert.byline),
        ("text.published", alert.published),
        ("text.language", alert.language),
        ("text.matched", alert.reason),
    )
    return tuple((phrases.say(key), value) for key, value in facts if value)


def _render(
    name: str, message: Message, links: Links, show: Callable[[Phrases], dict[str, object]]
) -> Rendered:
    phrases = phrases_of(message)
    facts: dict[str, object] = {
        "status_report": show_status_report(message.status_report, phrases)
        if message.status_report
        else None,
        "is_admin": message.is_admin,
        "web_url": links.web_url if _sees_web(message, links) else "",
        "language": phrases.language,
        "direction": phrases.direction,
        "kept_css": _kept_css,
        **show(phrases),
    }
    html_phrases = HtmlPhrases(phrases.locale, phrases.zone)
    pages = {
        ending: _templates.get_template(f"{name}.{ending}").render(
            facts, **_make_functions(spoken), footer=write_footer(message, links, spoken)
        )
        for ending, spoken in (("txt", phrases), ("html", html_phrases))
    }
    return Rendered(pages["txt"].strip() + "\n", _inliner.inline(pages["html"]))


def _make_functions(phrases: Phrases) -> dict[str, object]:
    """Return the functions with which templates write sentences."""

    def lay_out(alert: ShownAlert, *more: tuple[str, str]) -> str:
        """Return facts on lines, with the values in one column."""
        facts = [*_list_facts(alert, phrases)]
        facts += [(phrases.say(key), value) for key, value in more if value]
        width = max(10, *(measure_width(name) for name, _ in facts)) + 2
        return "\n".join(
            fold(value, width=_WIDTH, first=_pad(name, width), others=" " * width)
            for name, value in facts
        )

    def list_contents(sections: Sequence[Section]) -> str:
        """Return a line for each watch with its number of stories, right-aligned."""
        numbers = [phrases.number(section.story_count) for section in sections]
        width = max(map(measure_width, numbers))
        return "\n".join(
            fold(
                _name_section(section, phrases),
                width=_WIDTH,
                first=f"  {_pad('', width - measure_width(number))}{number}  ",
                others=" " * (width + 6),
            )
            for section, number in zip(sections, numbers, strict=True)
        )

    return {
        "list_contents": list_contents,
        "say": phrases.say,
        "count": phrases.count,
        "number": phrases.number,
        "lay_out": lay_out,
    }


def _name_section(section: Section, phrases: Phrases) -> str:
    if not section.elsewhere_count:
        return section.watch_name
    others = phrases.count("digest.elsewhere", section.elsewhere_count, watches=section.elsewhere)
    return f"{section.watch_name} ({others})"


def _pad(name: str, width: int) -> str:
    return name + " " * (width - measure_width(name))


def _wrap(text: str, indent: int = 0, hang: int | None = None) -> str:
    """Return a line folded at 76 columns; ``hang`` is the indent of the lines after the first."""
    others = " " * (indent if hang is None else hang)
    return fold(text, width=_WIDTH, first=" " * indent, others=others)


def _mark_text(proof: Sequence[tuple[str, bool]]) -> str:
    return "".join(f"*{text}*" if is_hit else text for text, is_hit in proof)


def _change_text(changes: Iterable[tuple[str, str]]) -> str:
    return "".join(mark_piece(kind, text) for kind, text in changes)


_templates = jinja2.Environment(
    loader=jinja2.PackageLoader("crawler.alerting"),
    autoescape=jinja2.select_autoescape(enabled_extensions=("html",), default=False),
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=jinja2.StrictUndefined,
)
_templates.filters |= {"wrap": _wrap, "mark_text": _mark_text, "change_text": _change_text}
_folder = files("crawler.alerting") / "templates"
_kept_css = (_folder / "kept.css").read_text(encoding="utf-8").strip()
# styles are written into the elements (decision 027); the style block stays for what they cannot express: dark mode, phones
_inliner = css_inline.CSSInliner(
    inline_style_tags=False,
    keep_style_tags=True,
    minify_css=True,
    load_remote_stylesheets=False,
    extra_css=(_folder / "inline.css").read_text(encoding="utf-8"),
)

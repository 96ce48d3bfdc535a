"""How an article is cited: plain, in Markdown, and in BibTeX, each escaped for what reads it."""

import re
from dataclasses import dataclass

_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#+!|])")
# what TeX reads as commands; a backslash first, or those we write would be escaped again
_TEX = (
    ("\\", r"\textbackslash{}"), ("{", r"\{"), ("}", r"\}"), ("&", r"\&"), ("%", r"\%"), ("$", r"\$"), ("#", r"\#"), ("_", r"\_"),
    ("~", r"\textasciitilde{}"), ("^", r"\textasciicircum{}"),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """What is cited.

    day, time   of publication in words, empty if nothing states it; ``iso_day`` as 2026-11-26
    read_day    when it was first read
    """

    headline: str
    source: str
    byline: str
    url: str
    day: str
    time: str
    iso_day: str
    read_day: str


def cite_plainly(cited: Cited) -> str:
    """Return a citation in a sentence."""
    by = f"{cited.byline}, " if cited.byline else ""
    when = ", ".join(filter(None, (cited.day, cited.time))) or "no date"
    return f"{by}\u201c{cited.headline}\u201d, {cited.source}, {when}, {cited.url} (read {cited.read_day})."


def cite_in_markdown(cited: Cited) -> str:
    """Return a citation in Markdown; its address is in angle brackets, so that brackets in it end nothing."""
    url = cited.url.replace("<", "%3C").replace(">", "%3E")
    when = f", {cited.day}" if cited.day else ""
    return f"[{_mark_down(cited.headline)}](<{url}>), *{_mark_down(cited.source)}*{when}"


def _mark_down(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", text)


def cite_in_bibtex(cited: Cited) -> str:
    """Return an entry for BibLaTeX."""
    words = re.findall(r"[a-z]+", f"{cited.source} {cited.headline}".lower())
    year = cited.iso_day[:4]
    key = "".join((words[:1] or ["article"]) + [year] + words[-1:])
    author = cited.byline or cited.source
    lines = [
        f"@online{{{key},",
        f"  title  = {{{_for_tex(cited.headline)}}},",
        f"  author = {{{{{_for_tex(author)}}}}},",
        *([f"  date   = {{{cited.iso_day}}},"] if cited.iso_day else []),
        f"  organization = {{{_for_tex(cited.source)}}},",
        f"  url    = {{{cited.url.replace('{', '%7B').replace('}', '%7D')}}}",
        "}",
    ]
    return "\n".join(lines)


def _for_tex(text: str) -> str:
    """Return a text as TeX shows it as it is."""
    known = dict(_TEX)
    return "".join(known.get(sign, sign) for sign in text)

"""Causes of misses, from what is stored about an article and its alerts."""

from collections.abc import Callable

Ask = Callable[..., list[tuple[object, ...]]]
_ENTRY = "SELECT state, reason FROM entries WHERE url LIKE ? OR guid LIKE ? ORDER BY id"
_ARTICLE = (
    "SELECT id, story_id, language, headline FROM articles WHERE url LIKE ? OR headline LIKE ?"
)


def explain(ask: Ask, token: str, watch: str) -> str:
    """Return in one line how far an article came on its way to a watch's reader."""
    like = f"%{token}%"
    entries = ask(_ENTRY, like, like)
    articles = ask(_ARTICLE, like, like)
    if not entries and not articles:
        return "never announced, as far as the database knows"
    states = ", ".join(f"{state}{f' ({reason})' if reason else ''}" for state, reason in entries)
    if not articles:
        return f"entry {states}; no article"
    number, story, language, _ = articles[0]
    matches = ask(
        "SELECT matches.id FROM matches JOIN watches ON watches.id = watches.id AND matches.watch_id = watches.id "
        "WHERE article_id = ? AND watches.name = ?",
        number,
        watch,
    )
    alerts = ask(
        "SELECT alerts.id, alerts.kind FROM alerts JOIN matches ON matches.id = alerts.match_id "
        "JOIN watches ON watches.id = matches.watch_id WHERE matches.article_id = ? AND watches.name = ?",
        number,
        watch,
    )
    listed = ", ".join(f"{kind} {alert}" for alert, kind in alerts) or "none"
    return f"entry {states}; article {number} ({language}) in story {story}; {len(matches)} matches, alerts: {listed}"


def list_story(ask: Ask, token: str) -> str:
    """Return the addresses that share a story with an article."""
    like = f"%{token}%"
    rows = ask(
        "SELECT url FROM articles WHERE story_id IN (SELECT story_id FROM articles WHERE url LIKE ?) ORDER BY id",
        like,
    )
    return ", ".join(str(row[0]).rpartition("/")[2] for row in rows[:12])

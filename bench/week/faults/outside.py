"""Faults outside of the daemon: mail server, network, hosts that move, an editor that dies; each returns its visible effect."""

from collections.abc import Callable

from bench.week.faults.hands import Hands

Work = Callable[[Hands, float], str]
# a visit that failed at the old address is tried again after half a minute, or once the database is not locked any more
_MOVE_SECONDS = 90.0
_NOUNS = ("source", "watch", "alert")


def mail(mode: str) -> Work:
    """Make the mail server misbehave in one way for a while."""

    def work(hands: Hands, seconds: float) -> str:
        inbox = hands.week.inbox
        before, inbox.mode = inbox.felt[mode], mode
        hands.last(seconds, until=lambda: inbox.felt[mode] > before)
        inbox.mode = "well"
        count = inbox.felt[mode] - before
        return f"{count} messages met it" if count else ""

    return work


def network(hands: Hands, seconds: float) -> str:
    """Take the network away: no name is resolved, and open connections are cut."""
    web, names = hands.week.web, hands.week.names
    before = web.turned_away + names.unanswered
    web.is_away = names.is_silent = True
    hands.last(seconds, until=lambda: web.turned_away + names.unanswered > before)
    web.is_away = names.is_silent = False
    count = web.turned_away + names.unanswered - before
    return f"{count} questions and requests without an answer" if count else ""


def move_hosts(hands: Hands, seconds: float) -> str:
    """Move a third of the hosts to another address; nothing answers for them at the old one."""
    names, web, moved = hands.week.names, hands.week.web, dict[str, str]()
    for host, addresses in list(names.hosts.items())[::3]:
        if ":" not in addresses[0]:
            moved[host] = "127.0.0.3" if addresses[0] != "127.0.0.3" else "127.0.0.1"
            web.left[host] = addresses[0]
            names.hosts[host] = (moved[host],)
    began = len(web.asked)

    def list_found() -> set[str]:
        return {one.host for one in web.asked[began:] if moved.get(one.host) == one.address}

    hands.last(seconds)
    hands.wait(lambda: len(list_found()) > len(moved) // 2, _MOVE_SECONDS)
    return f"{len(list_found())} of {len(moved)} hosts asked where they are now" if list_found() else ""  # fmt: skip


def half_written(hands: Hands, seconds: float) -> str:
    """Leave half a configuration in place, as an editor killed while saving does; later save it whole."""
    mark, config = hands.mark_log(), hands.week.running.config
    text = config.read_text(encoding="utf-8")
    # cut within a string, as half a file can be valid by chance
    cut = text.index('query = "', len(text) * 2 // 3) + len('query = "')
    config.write_text(text[:cut], encoding="utf-8")
    is_felt = hands.last(seconds, until=lambda: bool(hands.list_log_lines(mark, "refused")))
    hands.week.write_settings()
    return "refused, the old one stayed in force" if is_felt else ""


def look_on(hands: Hands, seconds: float) -> str:
    """Use reading commands while the daemon works; they must change nothing."""
    done_count = 0
    for noun in _NOUNS:
        done = hands.week.running.command(noun, "list", "--json")
        if done.returncode:
            hands.week.troubles.append(f"{noun} list: {done.stderr[-300:]}")
        done_count += not done.returncode
    return f"{done_count} commands answered" if done_count else ""

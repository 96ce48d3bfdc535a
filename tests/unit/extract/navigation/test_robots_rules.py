"""Our matching of robots.txt rules against Scrapy's Protego: the same verdict for any rules."""

from hypothesis import example, given, settings
from hypothesis import strategies as st
from protego import Protego

from crawler.extract.navigation.robots import read_robots
from crawler.extract.navigation.robots_rules import RuleSet

ORIGIN = "https://x.org"
# few letters, so that rules and paths meet
_SIGNS = ["a", "b", "news", "/", "/", "*", "*", "$", "%2F", "%41", "%", "=", "?", "é", "-", " ", ".html", "/index.html"]  # fmt: skip
PATTERNS = st.lists(st.sampled_from(_SIGNS), max_size=7).map(lambda parts: "/" + "".join(parts))
PATHS = st.lists(st.sampled_from([*_SIGNS, "#"]), max_size=9).map(
    lambda parts: ORIGIN + "/" + "".join(parts).replace(" ", "%20")
)
LINES = st.one_of(
    st.tuples(st.sampled_from(["Allow", "Disallow", "disallow "]), PATTERNS),
    st.tuples(
        st.just("User-agent"), st.sampled_from(["*", "watchword", "Word", "watch*", "w", ""])
    ),
    st.tuples(st.just("Crawl-delay"), st.sampled_from(["2", "0", "x", "-1"])),
    st.tuples(
        st.sampled_from(["Sitemap", "Request-rate", "Disallow"]), st.sampled_from(["", "/s.xml"])
    ),
)


def write(lines: list[tuple[str, str]]) -> str:
    return "\n".join(f"{name}: {value}" for name, value in lines)


@settings(max_examples=300)
@given(st.lists(LINES, max_size=14), st.lists(PATHS, min_size=1, max_size=5))
@example(
    [("User-agent", "*"), ("Disallow", "/*a"), ("Allow", "/index.html")], [f"{ORIGIN}/", ORIGIN]
)
def test_every_verdict_equals_that_of_protego(
    lines: list[tuple[str, str]], urls: list[str]
) -> None:
    body = write(lines)
    reference = Protego.parse(body)

    for agent in ("Watchword", "x-word", "other"):
        robots = read_robots(body, origin=ORIGIN, agent=agent)
        delay = robots.crawl_delay.total_seconds() if robots.crawl_delay else 0

        assert [robots.allows(url) for url in urls] == [
            reference.can_fetch(url, agent) for url in urls
        ]
        assert delay == (reference.crawl_delay(agent) or 0)


def test_a_rule_that_must_be_tried_everywhere_is_read_the_strict_way_beyond_a_thousand() -> None:
    useless = [(False, f"/*{chr(0x100 + number)}") for number in range(1000)]
    opening = [(True, f"/*{number % 10}*{number % 7}*") for number in range(1000)]

    within, beyond = RuleSet([(False, "/x*z")]), RuleSet([*useless, *opening, (False, "/x*z")])

    assert within.allows(f"{ORIGIN}/x1")
    assert not beyond.allows(f"{ORIGIN}/x1")
    assert beyond.allows(f"{ORIGIN}/y")


def test_rules_that_cannot_match_are_not_tried() -> None:
    rules = RuleSet([(False, f"/*section-{number}/*print") for number in range(19_000)])

    assert rules.wildcard_count == 19_000
    assert not rules.candidates("/" + "long-path/" * 190)
    assert not rules.allows(f"{ORIGIN}/section-77/a/print")

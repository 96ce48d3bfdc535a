"""``[fetch] proxy`` and ``no_proxy``: from files and environment, and which parts of them are never printed."""

from pathlib import Path

import pytest

from crawler.config.checks.proxy_doubts import find_proxy_doubts
from crawler.config.schema import Config
from crawler.errors import ConfigFaulty
from tests.unit.config.test_load import load
from watchword.doctor.proxy_health import proxy_looks

SECRET = "s3cretpass"
PROXY = f"http://desk:{SECRET}@proxy.example:3128"


def config(**fetch: object) -> Config:
    return Config.model_validate({"fetch": fetch})


def test_the_environment_sets_both_and_wins(tmp_path: Path) -> None:
    text = '[fetch]\nproxy = "http://other:1"\nno_proxy = ["a.example"]\n'

    found = load(
        tmp_path,
        text,
        WATCHWORD_FETCH_PROXY=PROXY,
        WATCHWORD_FETCH_NO_PROXY="intranet, .corp.example,10.0.0.0/8",
    )

    assert found.fetch.proxy == PROXY
    assert found.fetch.no_proxy == ("intranet", ".corp.example", "10.0.0.0/8")
    assert load(tmp_path, WATCHWORD_FETCH_PROXY="none").fetch.proxy_rules.proxy is None


def test_a_proxy_is_read_from_a_secret_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"{PROXY}\n")

    found = load(tmp_path, "[fetch]\n", WATCHWORD_FETCH_PROXY_FILE=str(tmp_path / "secret"))

    assert found.fetch.proxy == PROXY


@pytest.mark.parametrize(
    "environ",
    [
        {"WATCHWORD_FETCH_PROXY": f"socks5://desk:{SECRET}@proxy.example:1080"},
        {"WATCHWORD_FETCH_PROXY": f'"{PROXY}"'},
        {"WATCHWORD_FETCH_PROXY": f"http://desk:{SECRET}/x@proxy.example"},
        {"WATCHWORD_FETCH_NO_PROXY": PROXY},
    ],
)
def test_a_fault_of_the_environment_names_the_variable_and_no_login(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    with pytest.raises(ConfigFaulty) as caught:
        load(tmp_path, "[fetch]\n", **environ)

    assert next(iter(environ)) in str(caught.value)
    assert SECRET not in str(caught.value)


def test_the_login_is_in_no_text_of_the_configuration() -> None:
    found = config(proxy=PROXY)

    assert SECRET not in f"{found} {found.fetch!r} {found.fetch.proxy_rules!r}"
    # the crawl process gets it on its standard input
    again = Config.model_validate(found.for_crawl_process())
    assert again.fetch.proxy_rules == found.fetch.proxy_rules


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "http_proxy", "ALL_PROXY"])
def test_a_proxy_variable_of_the_environment_is_ignored_and_reported(name: str) -> None:
    environ = {name: PROXY}

    (doubt,) = find_proxy_doubts(config(), environ)

    assert f"the environment's {name} is ignored; set `[fetch] proxy`" in doubt
    assert SECRET not in doubt
    assert not [*find_proxy_doubts(config(proxy="none"), environ)]
    assert not [*find_proxy_doubts(config(proxy=PROXY), environ)]
    assert not [*find_proxy_doubts(config(), {name: ""})]


def test_further_doubts_are_reported() -> None:
    inside = {"name": "wiki", "url": "http://wiki.corp/", "allow_private": True}
    both = Config.model_validate({"fetch": {"proxy": PROXY}, "sources": [inside]})

    (private,) = find_proxy_doubts(both, {})
    (without,) = find_proxy_doubts(config(no_proxy=["a.example"]), {})
    (excepted,) = find_proxy_doubts(config(proxy=PROXY), {"NO_PROXY": "a.example"})

    assert 'source "wiki"' in private
    assert "no [fetch] proxy is set" in without
    assert "set `[fetch] no_proxy`" in excepted
    assert not [*find_proxy_doubts(config(proxy=PROXY, no_proxy=["a"]), {"NO_PROXY": "a"})]


def test_doctor_shows_what_goes_through_the_proxy_without_the_login() -> None:
    ((_, look),) = proxy_looks(config(proxy=PROXY, no_proxy=["a.example"]), {})
    finding = look()

    assert "[fetch] proxy http://proxy.example:3128, 1 exception" in finding.summary
    assert SECRET not in str(finding.as_json())
    assert proxy_looks(config(), {}) == []
    ((_, hint),) = proxy_looks(config(), {"HTTPS_PROXY": PROXY})
    assert "is ignored" in hint().details[0]


def test_a_source_can_have_both_a_browser_and_a_proxy() -> None:
    source = {"name": "x", "url": "http://x.org/", "render": True, "proxy": PROXY}

    assert Config.model_validate({"sources": [source]}).sources[0].render

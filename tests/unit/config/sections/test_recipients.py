from pathlib import Path

import pytest

from crawler.config.load import load_config
from crawler.config.schema import Config
from crawler.errors import ConfigFaulty

BASE = """
timezone = "Europe/Berlin"
[mail]
to = ["anna@example.org", "bert@example.org"]
[[watch]]
name = "drones"
query = "drone"
to = ["Carla@example.org"]
channels = ["phone"]
[[channel]]
name = "phone"
url = "https://hooks.example.org/in"
"""


def load(folder: Path, text: str, *, base: str = BASE) -> Config:
    (folder / "watchword.toml").write_text(base + text)
    return load_config(folder, environ={})


def faults(folder: Path, text: str, *, base: str = BASE) -> str:
    with pytest.raises(ConfigFaulty) as found:
        load(folder, text, base=base)
    return "\n".join(
        f"{fault.line}: {fault.where}: {fault.problem}" for fault in found.value.faults
    )


def test_a_readers_own_settings_win_over_those_of_mail_and_these_over_the_general_ones(
    tmp_path: Path,
) -> None:
    config = load(
        tmp_path,
        """
[[recipient]]
address = "carla@example.org"
timezone = "Asia/Tokyo"
[[recipient]]
address = "bert@example.org"
locale = "de-at"
[[recipient]]
address = "phone"
locale = "pl"
""",
        base=BASE.replace("[mail]", '[mail]\ntimezone = "Europe/London"\nlocale = "fr_FR"'),
    )
    alerted = {
        name: (reader.zone, reader.locale)
        for name in ("Carla@example.org", "bert@example.org", "anna@example.org", "phone", "new@x.org")
        for reader in [config.reader_of(name)]
    }  # fmt: skip

    assert alerted == {
        "Carla@example.org": ("Asia/Tokyo", "fr-FR"),
        "bert@example.org": ("Europe/London", "de-AT"),
        "anna@example.org": ("Europe/London", "fr-FR"),
        "phone": ("Europe/London", "pl"),
        "new@x.org": ("Europe/London", "fr-FR"),
    }
    assert load(tmp_path, "").reader_of("anna@example.org").zone == "Europe/Berlin"
    assert load(tmp_path, "").reader_of("anna@example.org").locale == "en-GB"


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ('address = "ana@example.org"', 'nothing is sent to "ana@example.org"; did you mean "anna@example.org"?'),
        ('address = "fone"', 'no `[[channel]]` has the name "fone", and a mail address has an @; did you mean "phone"?'),
        ('address = "anna@example.org"\nlocale = "en-UKK"', '"en-UKK" is not a language with a country'),
        ('address = "anna@example.org"\nlocale = "english"', "write one such as"),
        ('address = "anna@example.org"\nlocale = ""', "is not a language with a country"),
        ('address = "anna@example.org"\nlocale = "../../etc"', "is not a language with a country"),
        ('address = "anna@example.org"\ntimezone = "CET/Berlin"', "is not an IANA time zone"),
        ('address = "anna@example.org"\nlocales = "de"', 'did you mean "locale"?'),
        ('locale = "de"', "is missing"),
    ],
)  # fmt: skip
def test_a_fault_of_a_recipient_is_reported(tmp_path: Path, table: str, problem: str) -> None:
    assert problem in faults(tmp_path, f"[[recipient]]\n{table}\n")


def test_a_mistyped_locale_is_answered_with_the_nearest_one(tmp_path: Path) -> None:
    assert 'did you mean "en-GB"?' in faults(tmp_path, "", base=BASE.replace("[mail]", '[mail]\nlocale = "en-GBB"'))  # fmt: skip


def test_a_recipient_may_be_listed_once_whatever_the_case(tmp_path: Path) -> None:
    twice = (
        '[[recipient]]\naddress = "anna@example.org"\n[[recipient]]\naddress = "ANNA@example.org"\n'
    )

    assert "keep only one" in faults(tmp_path, twice)


def test_a_recipient_who_gets_nothing_now_may_be_named(tmp_path: Path) -> None:
    config = load(tmp_path, '[[recipient]]\naddress = "colleague@elsewhere.net"\nlocale = "de"\n')

    assert config.reader_of("colleague@elsewhere.net").locale == "de"


def test_recipients_are_not_judged_where_mail_cannot_be_read(tmp_path: Path) -> None:
    broken = BASE.replace("[mail]", "[mail]\nport = 0")

    assert "nothing is sent" not in faults(tmp_path, '[[recipient]]\naddress = "ana@example.org"', base=broken)  # fmt: skip


@pytest.mark.parametrize(
    ("mail", "admins"),
    [
        ('to = ["a@x.org", "b@x.org"]', {"a@x.org"}),
        ('to = ["a@x.org"]\nadmin = "b@x.org"', {"a@x.org", "b@x.org"}),
        ('admin = "B@x.org"', {"b@x.org"}),
        ("", set()),
    ],
)
def test_the_admin_is_the_one_that_is_set_or_the_first_recipient(
    tmp_path: Path, mail: str, admins: set[str]
) -> None:
    watch = '[[watch]]\nname = "w"\nquery = "x"\nto = ["c@x.org", "d@x.org"]\n'
    config = load(tmp_path, watch, base=f"[mail]\n{mail}\n")

    found = {f"{name}@x.org" for name in "abcd" if config.reader_of(f"{name}@x.org").is_admin}

    assert found == admins
    assert config.reader_of("reader@localhost").is_admin


def test_the_only_recipient_is_the_admin(tmp_path: Path) -> None:
    watch = '[[watch]]\nname = "w"\nquery = "x"\nto = ["c@x.org"]\n'

    assert load(tmp_path, watch, base="").reader_of("c@x.org").is_admin


def test_a_reader_writes_to_an_address_that_is_read(tmp_path: Path) -> None:
    def contact(mail: str) -> str:
        return load(tmp_path, "", base=f'[mail]\nfrom = "f@x.org"\n{mail}').reader_of("c@x.org").contact  # fmt: skip

    assert contact("") == "f@x.org"
    assert contact('admin = "o@x.org"') == "o@x.org"
    assert contact('admin = "o@x.org"\nreply_to = "r@x.org"') == "r@x.org"

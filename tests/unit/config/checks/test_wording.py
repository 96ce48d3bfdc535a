"""What is said of wrong values: our words for every setting, and none of pydantic's or tomllib's."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from crawler.config.checks.wording import split_repair
from crawler.config.files.file_parts import LISTS
from crawler.config.load import load_config
from crawler.config.schema import Config
from crawler.errors import ConfigFaulty, Fault

# what pydantic and tomllib say of values, and parts of the locations pydantic makes up
THEIRS = re.compile(
    r"\binput\b|valid (string|integer|boolean|dict|number|path|list)|instance of|should be|should have|unable to|"
    r"Illegal|Expected|pathlib|function-|literal\[|\[key\]|Truem|dictionary"
)
WRONG = ("5", "2.5", "true", '"?"', '""', "[5]", "[[1]]", "{ x = 5 }", "2027-01-01T10:00:00", "-1")
NEEDED = {
    "source": 'name = "a"\nurl = "https://a.example/"\n',
    "watch": 'name = "a"\nquery = "b"\n',
    "synonyms": 'name = "a"\nwords = ["b"]\n',
    "channel": 'name = "a"\nkind = "webhook"\nurl = "https://a.example/"\n',
    "recipient": 'address = "a@example.org"\n',
}


def read_faults(folder: Path, text: str, **environ: str) -> tuple[Fault, ...]:
    file = folder / "w.toml"
    file.write_text(text, encoding="utf-8")
    try:
        load_config(file, environ=environ)
    except ConfigFaulty as error:
        return error.faults
    return ()


def list_keys(model: type[BaseModel]) -> Iterator[str]:
    for name, info in model.model_fields.items():
        yield info.alias or name


def list_tables() -> Iterator[tuple[str, type[BaseModel], str]]:
    """Yield heading, model and required settings of every table."""
    yield "", Config, ""
    for name, model in LISTS.items():
        yield f"[[{name}]]", model, NEEDED[name]
    for name, info in Config.model_fields.items():
        for kind in (info.annotation, *get_args(info.annotation)):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                yield f"[{name}]", kind, ""


@pytest.mark.parametrize(("heading", "model", "needed"), [*list_tables()])
def test_no_wrong_value_of_any_setting_is_answered_in_the_words_of_a_library(
    tmp_path: Path, heading: str, model: type[BaseModel], needed: str
) -> None:
    seen = 0
    for key in list_keys(model):
        for value in WRONG:
            rest = "".join(
                line for line in needed.splitlines(True) if not line.startswith(f"{key} ")
            )
            for fault in read_faults(tmp_path, f"{heading}\n{rest}{key} = {value}\n"):
                seen += 1
                assert not THEIRS.search(str(fault)), (value, str(fault))

    assert seen > 3


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('[mail]\nhost = "x\n', 2, "a quotation mark is missing"),
        ('[mail]\nhost = "x', 2, "a quotation mark is missing"),
        ('[mail]\nhost = x"\n', 2, "write text in quotes"),
        ('[mail]\nhost = "x" port = 5\n', 2, "one setting on each line"),
        ("[mail]\nport = 1\nport = 2\n", 3, "set twice; keep one"),
        ("[mail\nport = 1\n", 1, "a closing bracket is missing"),
        ("[mail]\nport = 1\n[mail]\n", 3, "write its settings below one heading"),
        ("port\n", 1, 'there is no "=" after'),
        ("= 1\n", 1, "a line begins with the name of a setting"),
        ('[mail]\nto = ["a", "b"\n', 2, "a closing bracket is missing in this list"),
        ('[store]\npath = "C:\\data"\n', 2, "a backslash in double quotes must be doubled"),
        ("[[watch]]\nmute_until = 2027-13-01\n", 2, ""),
    ],
)
def test_a_line_that_is_not_toml_is_explained_with_what_to_write(
    tmp_path: Path, text: str, line: int, words: str
) -> None:
    (fault,) = read_faults(tmp_path, text)

    assert fault.line == line
    assert words in fault.problem
    assert not THEIRS.search(fault.problem)
    assert split_repair(fault.problem)[1]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[mail]\nstatus_report = { at = ["08:00"] }\n', 'text in quotes, such as "mon 08:00"'),
        ('[[watch]]\nname = "a"\nquery = "b"\nmute_until = "soon"\n', "such as 2027-01-01"),
        ('[mail]\nrecipients = ["me@example.org"]\n', 'did you mean "to"?'),
        (
            '[[source]]\nname = "a"\nurl = "https://a.example/"\nsilent_after = 5\n',
            'write "auto", or a duration',
        ),
        ("[schedule]\nreload = true\n", 'such as "30m"'),
        ("[schedule]\njitter = 3\n", "write 0.5 or less"),
        ("mail = 5\n", "this must be a table"),
    ],
)
def test_a_fault_says_what_to_write_instead(tmp_path: Path, text: str, words: str) -> None:
    (fault,) = read_faults(tmp_path, text)

    assert words in fault.problem


def test_what_a_faulty_source_may_be_called_is_no_further_fault(tmp_path: Path) -> None:
    watch = '[[watch]]\nname = "w"\nquery = "x"\nsources = ["local"]\nchannels = ["chat"]\n'
    source = (
        '[[source]]\nname = "a"\nurl = "https://a.example/"\ntags = ["local"]\nbackfill = "lots"\n'
    )
    channel = '[[channel]]\nname = "chat"\nkind = "pigeon"\nurl = "https://a.example/"\n'

    found = read_faults(tmp_path, source + watch + channel)

    assert [fault.where for fault in found] == ["source[1].backfill", "channel[1].kind"]
    sound = read_faults(tmp_path, source.replace("lots", "1d").replace("local", "harbour") + watch)
    assert [fault.where for fault in sound] == ["watch[1].sources", "watch[1].channels"]


def test_a_file_that_cannot_be_read_makes_no_names_unknown(tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_text('[[source]]\nname = "a\n', encoding="utf-8")
    (tmp_path / "w.toml").write_text(
        '[[watch]]\nname = "w"\nquery = "x"\nsources = ["a"]\n', encoding="utf-8"
    )

    with pytest.raises(ConfigFaulty) as caught:
        load_config(tmp_path, environ={})

    assert [Path(fault.file).name for fault in caught.value.faults] == ["sources.toml"]


def test_a_problem_is_split_into_what_is_wrong_and_the_repair() -> None:
    assert split_repair('"x" is not a port; write 1') == ('"x" is not a port', "write 1")
    assert split_repair("no\n  (x\n  ^\n  try: (x)") == ("no\n  (x\n  ^", "(x)")
    assert split_repair("open; close it\n  (x\n  ^") == ("open\n  (x\n  ^", "close it")
    assert split_repair("write 1 or more") == ("write 1 or more", "write 1 or more")
    assert json.dumps(split_repair("nothing to say")) == '["nothing to say", ""]'

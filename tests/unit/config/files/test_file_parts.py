"""What did not change in the files of a configuration is not read again, and is as if it had been."""

from pathlib import Path

import pytest

from crawler.config.files.file_parts import FileMemory
from crawler.config.load import load_config
from crawler.config.schema import Config
from crawler.errors import ConfigFaulty


def write_source(number: int, extra: str = "") -> str:
    return f'[[source]]\nname = "s{number}"\nurl = "https://s{number}.example/"\n{extra}\n'


class Folder:
    """A configuration in two files, read again and again."""

    def __init__(self, path: Path) -> None:
        self.first, self.second = path / "a.toml", path / "b.toml"
        self.path, self.memory = path, FileMemory()
        self.first.write_text('[fetch]\nper_domain = { delay = "3s" }\n' + write_source(0))
        self.second.write_text("".join(map(write_source, range(1, 5))))

    def load(self, environ: dict[str, str] | None = None) -> Config:
        """Return the configuration, which is what a reading without memory finds."""
        found = load_config(self.path, environ=environ or {}, memory=self.memory)
        assert found == load_config(self.path, environ=environ or {})
        return found


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_an_edit_of_one_source_leaves_the_others_as_they_were_read(folder: Folder) -> None:
    before = folder.load()

    folder.second.write_text("".join(write_source(n, "paused = true" if n == 3 else "") for n in range(1, 5)))  # fmt: skip
    after = folder.load()

    same = [new is old for new, old in zip(after.sources, before.sources, strict=True)]
    assert same == [True, True, True, False, True]
    assert after.sources[3].paused


def test_a_value_that_python_takes_for_the_same_is_checked(folder: Folder) -> None:
    folder.second.write_text(write_source(1, "tags = ['1']"))
    folder.load()

    folder.second.write_text(write_source(1, "tags = [1]"))
    with pytest.raises(ConfigFaulty, match="text in quotes"):
        folder.load()


def test_a_faulty_edit_is_refused_each_time_and_what_follows_it_is_read(folder: Folder) -> None:
    before, text = folder.load(), folder.second.read_text()
    for faulty in (text + "[[source]\n", text + write_source(9, "every = 5")):
        folder.second.write_text(faulty)
        for _ in range(2):
            with pytest.raises(ConfigFaulty):
                load_config(folder.path, environ={}, memory=folder.memory)

        folder.second.write_text(text)
        after = folder.load()
        assert after == before
        assert all(new is old for new, old in zip(after.sources, before.sources, strict=True))


def test_a_file_that_is_gone_takes_its_sources_along(folder: Folder) -> None:
    folder.load()

    folder.second.unlink()

    assert [source.name for source in folder.load().sources] == ["s0"]


def test_the_environment_of_one_reading_is_forgotten_by_the_next(folder: Folder) -> None:
    stated = folder.load({"WATCHWORD_FETCH_PER_DOMAIN_DELAY": "9s", "WATCHWORD_MAIL_HOST": "m.example"})  # fmt: skip

    assert stated.fetch.per_domain.delay.total_seconds() == 9
    assert folder.load().fetch.per_domain.delay.total_seconds() == 3
    assert folder.load().mail.host == ""

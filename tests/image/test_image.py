"""The readers behind `make image-check`; and the check itself, which takes minutes, if WATCHWORD_IMAGE_CHECK is set."""

import os
from pathlib import Path

import pytest

from tests.image import check
from tests.image.dockerfile import IgnoreFile, Image, NotUnderstood, list_files, read_dockerfile


def test_continued_lines_are_one_instruction_and_comments_between_them_are_ignored() -> None:
    steps = read_dockerfile('# head\nRUN a \\\n# why\n    && b\n\nCMD ["x", "-y"]\n')

    assert [(step.name, step.text) for step in steps] == [("RUN", "a     && b"), ("CMD", '["x", "-y"]')]  # fmt: skip
    assert steps[1].words == ["x", "-y"]


@pytest.mark.parametrize("line", ["ADD x /x", "COPY --chown=1 x /x", "ONBUILD RUN x", "HEALTHCHECK NONE"])  # fmt: skip
def test_an_instruction_that_cannot_be_carried_out_is_refused(line: str) -> None:
    with pytest.raises(NotUnderstood):
        read_dockerfile(line)


def test_build_arguments_and_variables_are_filled_in() -> None:
    image = Image()
    text = 'ARG BASE=x\nARG VERSION=""\nENV A=1 \\\n B="two words"\nLABEL v="$VERSION" b="${BASE}/$A$NONE"\nWORKDIR /a\nWORKDIR b'
    for step in read_dockerfile(text):
        image.take(step, {"VERSION": "3"})

    assert image.environment == {"A": "1", "B": "two words"}
    assert image.labels == {"v": "3", "b": "x/1"}
    assert image.folder == "/a/b"


@pytest.mark.parametrize(
    ("path", "is_out"),
    [
        ("secret.txt", True),
        ("code", False),
        ("code/a.py", False),
        ("code/deep/a.py", False),
        ("code/deep/__pycache__/a.pyc", True),
        ("code/.env", True),
        ("seeds/mine.toml", True),
        ("seeds/paper/a.html", False),
        ("codes/a.py", True),
    ],
)
def test_files_are_ignored_as_docker_does(path: str, is_out: bool) -> None:
    ignore = IgnoreFile("# why\n*\n!code\n!seeds/paper\n**/__pycache__\n**/*.env\n")

    assert ignore.ignores(path) is is_out


def test_files_of_a_copy_are_listed_without_ignored_ones(tmp_path: Path) -> None:
    for name in ("code/a.py", "code/x.env", "other.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()

    found = list_files(tmp_path, "code", IgnoreFile("**/*.env"))

    assert list(found) == [Path("code/a.py")]


@pytest.mark.skipif("WATCHWORD_IMAGE_CHECK" not in os.environ, reason="takes minutes: set WATCHWORD_IMAGE_CHECK")  # fmt: skip
def test_the_image_keeps_its_promises(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["check"])
    code = check.main()
    if code == check.IMPOSSIBLE:
        pytest.skip("this machine cannot build it")

    assert code == 0

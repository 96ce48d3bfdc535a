"""Read a Dockerfile and a .dockerignore: the parts of both that this repository uses; anything else is refused."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

_KNOWN = frozenset(
    {"ARG", "FROM", "RUN", "WORKDIR", "COPY", "ENV", "LABEL", "USER", "VOLUME", "EXPOSE", "ENTRYPOINT", "CMD"}
)  # fmt: skip
_REFERENCE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_PAIR = re.compile(r'([\w.]+)=("(?:[^"\\]|\\.)*"|\S*)')


class NotUnderstood(ValueError):
    """The file has an instruction that cannot be carried out here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """One instruction, its continued lines joined."""

    name: str
    text: str
    line: int

    @property
    def words(self) -> list[str]:
        """The words of a JSON list, or of a text with spaces between them."""
        if self.text.startswith("["):
            return [str(word) for word in json.loads(self.text)]
        return self.text.split()


@dataclass(slots=True)
class Image:
    """The image after the instructions so far, apart from its files."""

    environment: dict[str, str] = field(default_factory=dict)
    arguments: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    folder: str = "/"
    user: str = "0:0"
    volumes: list[str] = field(default_factory=list)
    ports: list[str] = field(default_factory=list)
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)

    def fill_in(self, text: str) -> str:
        """Return a text with known variables filled in; unknown ones are empty, as with Docker."""
        known = {**self.arguments, **self.environment}
        return _REFERENCE.sub(lambda found: known.get(found[1] or found[2], ""), text)

    def take(self, step: Instruction, stated: Mapping[str, str]) -> None:
        """Apply an instruction that changes no file; ``stated`` are the build arguments."""
        match step.name:
            case "ARG":
                self._take_argument(step, stated)
            case "ENV":
                self.environment |= dict(self._pairs(step))
            case "LABEL":
                self.labels |= dict(self._pairs(step))
            case "WORKDIR":
                self.folder = str(PurePosixPath(self.folder) / self.fill_in(step.text))
            case "USER":
                self.user = self.fill_in(step.text)
            case _:
                self._take_words(step)

    def _take_argument(self, step: Instruction, stated: Mapping[str, str]) -> None:
        name, _, default = step.text.partition("=")
        self.arguments[name] = stated.get(name, self.fill_in(default.strip('"')))

    def _take_words(self, step: Instruction) -> None:
        match step.name:
            case "VOLUME":
                self.volumes += step.words
            case "EXPOSE":
                self.ports += step.words
            case "ENTRYPOINT":
                self.entrypoint, self.command = step.words, []
            case "CMD":
                self.command = step.words

    def _pairs(self, step: Instruction) -> Iterator[tuple[str, str]]:
        if _PAIR.sub("", step.text).strip():
            raise NotUnderstood(f"line {step.line}: {step.name} {step.text}")
        for name, value in _PAIR.findall(step.text):
            yield name, self.fill_in(value.strip('"'))


def read_dockerfile(text: str) -> tuple[Instruction, ...]:
    """Return the instructions; raises NotUnderstood for an unknown one."""
    steps, begun, first = [], "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("#") or not (line.strip() or begun):
            continue
        first = first if begun else number
        begun += line.rstrip().removesuffix("\\") if line.rstrip().endswith("\\") else line
        if line.rstrip().endswith("\\"):
            continue
        name, _, rest = begun.strip().partition(" ")
        if name.upper() not in _KNOWN or (
            name.upper() in {"RUN", "COPY"} and "--" in rest.split(" ")[0]
        ):
            raise NotUnderstood(f"line {first}: {begun.strip()}")
        steps.append(Instruction(name=name.upper(), text=rest.strip(), line=first))
        begun = ""
    return tuple(steps)


class IgnoreFile:
    """The rules of a .dockerignore: the last matching line decides, and ``!`` includes something again."""

    def __init__(self, text: str) -> None:
        lines = (line.strip() for line in text.splitlines())
        self._rules = [
            (_compile(line.removeprefix("!")), line.startswith("!"))
            for line in lines
            if line and not line.startswith("#")
        ]

    def ignores(self, path: str) -> bool:
        """Return whether a path below the build's folder is kept out."""
        is_out = False
        for pattern, is_exception in self._rules:
            if pattern.fullmatch(path):
                is_out = not is_exception
        return is_out


def _compile(line: str) -> re.Pattern[str]:
    """Return the expression of a pattern, which matches what it names and everything below."""
    text = re.escape(line.strip("/")).replace(r"\*\*/", "(?:.*/)?").replace(r"\*", "[^/]*").replace(r"\?", "[^/]")  # fmt: skip
    return re.compile(text + "(?:/.*)?")


def list_files(context: Path, source: str, ignore: IgnoreFile) -> Iterator[Path]:
    """List the files, relative to the context, that a COPY of ``source`` takes."""
    start = context / source
    found = sorted(start.rglob("*")) if start.is_dir() else [start]
    for path in found:
        relative = path.relative_to(context)
        if (path.is_file() or path.is_symlink()) and not ignore.ignores(str(relative)):
            yield relative

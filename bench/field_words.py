"""Copies field cases that were written when tables and states had other names, with the present names.

    python -m bench.field_words CASES COPY

The cases read a database to see how far the program is. A table they cannot find counts as empty: they would wait for visits
until their time is over, and fail a program because of a name.
"""

import re
import shutil
import sys
from pathlib import Path

# what cases ask for, by docs/internals/glossary.md; settings need no line here, for old names of those are still read
_WORDS = (
    (re.compile(r"\b(from|join) runs\b"), r"\1 visits"),
    (re.compile(r"\b(from|join) ways\b"), r"\1 endpoints"),
    (re.compile(r"(['\"])owed\1"), r"\1pending\1"),
    (re.compile(r"\.get\((['\"])receipt\1\)"), r".get(\1status_report\1)"),
    # what `browse` prints when it is open, and the path of a message's page
    (re.compile(r"\bReading room\b"), "Web pages"),
    (re.compile(r"/-/letter/"), "/-/message/"),
)


def copy_in_present_words(cases: Path, copy: Path) -> Path:
    """Copy a folder of cases, its Python files in the present words, and return the copy."""
    for file in sorted(path for path in cases.rglob("*") if path.is_file()):
        target = copy / file.relative_to(cases)
        target.parent.mkdir(parents=True, exist_ok=True)
        if file.suffix != ".py":
            shutil.copyfile(file, target)
            continue
        text = file.read_text(encoding="utf-8")
        for old, new in _WORDS:
            text = old.sub(new, text)
        target.write_text(text, encoding="utf-8")
    return copy


if __name__ == "__main__":
    print(copy_in_present_words(Path(sys.argv[1]), Path(sys.argv[2])))

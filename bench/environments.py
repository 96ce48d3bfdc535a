"""Virtual environments of other programs: each is made once, with pinned requirements, and kept."""

import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path


def prepare_environment(name: str, requirements: Sequence[str], cache: Path) -> Path:
    """Return the interpreter of a program's own environment, which is made first if it does not exist yet."""
    folder = cache.resolve() / name.replace(" ", "-").replace("'", "")
    python, ready = folder / "bin" / "python", folder / ".ready"
    stated = "\n".join(requirements)
    if not ready.is_file() or ready.read_text() != stated:
        print(f"installing {name} into {folder} ...", file=sys.stderr)
        venv.create(folder, with_pip=True, clear=True)
        pip = [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
        subprocess.run([*pip, *requirements], check=True, stdout=sys.stderr)
        ready.write_text(stated)
    return python

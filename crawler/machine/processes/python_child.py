"""Starting Python processes that run our code and never code from the current folder.

``python -m`` puts the current folder first on the import path: next to a folder ``crawler/`` (any Scrapy project may have
one) or a file ``json.py`` a child would run a stranger's code as the service's user (python/cpython#122673). So children
are started with ``-P``, and entries of PYTHONPATH that would hide our modules are left out.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[3]
_OWN_NAMES = ("crawler", "scheduler", "seeds", "watchword")


def python_command(module: str, *arguments: str) -> tuple[str, ...]:
    """Return the command that runs a module of ours; to be started in ``child_environment``."""
    return (sys.executable, "-P", "-m", module, *arguments)


def child_environment(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment for a Python child and for the children it starts, without PYTHONPATH entries that hide modules."""
    environment = {**environ, "PYTHONSAFEPATH": "1"}
    stated = environment.pop("PYTHONPATH", "")
    kept = [entry for entry in stated.split(os.pathsep) if not is_shadowing(entry)]
    return environment | ({"PYTHONPATH": os.pathsep.join(kept)} if kept else {})


def clean_import_path(environ: Mapping[str, str] = os.environ) -> None:
    """Remove from this process's import path every entry that would hide modules of ours or of Python."""
    stated = {entry for entry in environ.get("PYTHONPATH", "").split(os.pathsep) if entry}
    current = os.getcwd()  # noqa: PTH109  # compared as text with what Python made of "" and "."
    sys.path[:] = [
        entry
        for entry in sys.path
        if entry and not ((entry in stated or entry == current) and is_shadowing(entry))
    ]


def is_shadowing(entry: str) -> bool:
    """Return whether an entry of PYTHONPATH would hide modules.

    True for the current folder and any relative one, and for a folder with a module named like one of ours or Python's.
    """
    if not entry or not Path(entry).is_absolute():
        return True
    try:
        names = {name.removesuffix(".py") for name in os.listdir(entry)}  # noqa: PTH208  # zip files raise, too
    except OSError:
        return False
    if names & sys.stdlib_module_names:
        return True
    return Path(entry).resolve() != _ROOT and not names.isdisjoint(_OWN_NAMES)

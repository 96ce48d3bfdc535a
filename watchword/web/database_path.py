"""Which of Datasette's databases is ours."""

from pathlib import Path
from typing import Any


def find_database(datasette: Any) -> Path:
    """Return the path of the database that is served; Datasette's own have names that begin with an underscore."""
    name = next(key for key in datasette.databases if not key.startswith("_"))
    return Path(datasette.get_database(name).path)

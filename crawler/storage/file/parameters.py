"""Values for SQL statements that name their places by number."""


def numbered(*values: object) -> dict[str, object]:
    """Return values for the places ``?1``, ``?2``, ... of a statement.

    Python 3.12 warns of a sequence for numbered places, and 3.14 refuses it (docs.python.org/3/library/sqlite3.html).
    """
    return {str(place): value for place, value in enumerate(values, start=1)}

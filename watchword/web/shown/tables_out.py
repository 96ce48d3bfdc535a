"""Rows as a file: CSV that spreadsheets do not run, or JSON."""

import io
import json
from collections.abc import Mapping, Sequence

from datasette.utils.asgi import Response

from watchword.web.shown import safe_csv


def send_rows(
    rows: Sequence[Mapping[str, object]], kind: str, *, name: str, columns: Sequence[str]
) -> Response:
    """Return rows as a download.

    kind     csv or json
    name     of the file, without its ending
    columns  keys of the rows: a table without rows has its head too
    """
    headers = {
        "content-disposition": f'attachment; filename="{name}.{kind}"',
        "cache-control": "private, no-store",
    }
    if kind == "json":
        text = json.dumps([dict(row) for row in rows], ensure_ascii=False, indent=2)
        return Response(text, headers=headers, content_type="application/json; charset=utf-8")
    out = io.StringIO()
    writer = safe_csv.writer(out)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([row[column] for column in columns])
    # with a byte order mark, or spreadsheets read UTF-8 as Latin-1
    return Response(
        "\ufeff" + out.getvalue(), headers=headers, content_type="text/csv; charset=utf-8"
    )

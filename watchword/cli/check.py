"""The command ``watchword check``: every fault of the configuration at once."""

import os
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from crawler.errors import ConfigFaulty, Fault
from crawler.text.counts import write_count
from watchword.cli.terminal.context import Context, pass_context
from watchword.cli.terminal.database_place import find_network_disk
from watchword.cli.terminal.machine import Json, json_option

if TYPE_CHECKING:  # for types only: --help must not wait for pydantic
    from crawler.config.schema import Config


@click.command()
@json_option
@pass_context
def check(context: Context, *, as_json: Json | None) -> None:
    """Check the configuration: list every fault at once, with file, line and what to write instead.

    Needs no network and no database. It also reads the files with secrets, so run it as the user who runs the daemon.
    Exit code 2 if there is a fault. With --json the faults are in the output.

    \b
    Examples:
      watchword check
      watchword --config my-seeds check
    """
    # --help must not wait for pydantic and the watch language
    from crawler.config.files.retired import list_warnings  # noqa: PLC0415
    from crawler.config.load import find_config_files  # noqa: PLC0415

    try:
        context.require_secrets()
        context.read_web_password()
    except ConfigFaulty as faulty:
        if as_json is None:
            raise
        as_json.print({"faults": [_fault(one) for one in faulty.faults]})
        raise SystemExit(faulty.exit_code) from faulty
    config, files = context.config, find_config_files(context.config_path)
    notes = (*list_warnings(context.config_path), *_list_notes(config))
    if as_json is not None:
        counts = {"sources": len(config.sources), "watches": len(config.watches)}
        as_json.print({"files": files, **counts, "notes": notes, "faults": ()})
        return
    click.echo(
        f"{write_count(len(files), 'file')}, {write_count(len(config.sources), 'source')}, "
        f"{write_count(len(config.watches), 'watch', 'watches')}: all good."
    )
    for note in notes:
        click.echo(f"Note: {note}", err=True)
    if not config.sources:
        click.echo("There is no [[source]] yet, so nothing will be visited.")
    if not config.watches:
        click.echo("There is no [[watch]] yet, so no alerts will be sent.")


def _fault(fault: Fault) -> dict[str, object]:
    return asdict(fault)


def _list_notes(config: "Config") -> Iterator[str]:
    """Yield a sentence for each setting that is valid, but may not be what was meant."""
    from crawler.config.checks.mail_doubts import find_mail_doubts  # noqa: PLC0415
    from crawler.config.checks.proxy_doubts import find_proxy_doubts  # noqa: PLC0415
    from crawler.config.sections.sources import ADVICE  # noqa: PLC0415
    from crawler.matching.queries.advice import find_doubts  # noqa: PLC0415

    for source in config.sources:
        if source.has_login_in_url:
            yield f'source "{source.name}": {ADVICE}'
    for watch in config.watches:
        yield from (f'watch "{watch.name}": {doubt}' for doubt in find_doubts(watch.query))
    yield from find_mail_doubts(config)
    yield from find_proxy_doubts(config, os.environ)
    if obstacle := find_network_disk(config.store.path):
        yield f"`run` and `crawl` refuse to start: {obstacle}"

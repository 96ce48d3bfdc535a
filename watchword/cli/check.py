"""The command ``watchword check``: every fault of the configuration at once."""

import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING

import click

from crawler.errors import ConfigFaulty, Fault
from crawler.text.counts import write_count
from watchword.cli.listings.machine import Json, json_option
from watchword.cli.listings.tables import print_note
from watchword.cli.terminal.context import Context, pass_context
from watchword.cli.terminal.database_place import find_network_disk, find_place_problem

if TYPE_CHECKING:  # for types only: --help must not wait for pydantic
    from crawler.config.schema import Config
    from watchword.reach.reached import Reached


# what --json prints
_FIELDS = "faults files sources watches notes obstacles network"


@click.command()
@click.option(
    "--network",
    "is_network",
    is_flag=True,
    help="Also try each source, the mail server, proxy, web pages and links in mails once; send and store nothing.",
)
@json_option(_FIELDS)
@pass_context
def check(context: Context, *, is_network: bool, as_json: Json | None) -> None:
    """Check the configuration: list every fault at once, with file, line and what to write instead.

    Needs no network and no database. It also reads the files with secrets, so run it as the user who runs the daemon.
    Exit code 2 if there is a fault; 3 if there is none, but `run` and `crawl` would refuse to start on this machine; 4 if
    with --network something cannot be reached or needs a look; 130 or 143 if a signal ended it.

    \b
    Examples:
      watchword check
      watchword check --network
      watchword --config my-seeds check
      watchword check --json
    """
    result = _check(context)
    if is_network and not result.faults:
        from watchword.cli.setup.network_check import try_network  # noqa: PLC0415  # as below

        result = replace(result, network=try_network(context.config))
    if as_json is not None:
        as_json.print(result.as_json())
    elif result.faults:
        raise ConfigFaulty(result.faults)
    else:
        _print(result)
    if result.exit_code:
        raise SystemExit(result.exit_code)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Result:
    """What a check found.

    counts     files, sources and watches; empty if there is a fault
    notes      what is valid, but may not be meant
    obstacles  why `run` and `crawl` would refuse to start here
    network    what was reached; None if nothing was tried
    """

    faults: tuple[Fault, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    obstacles: tuple[str, ...] = ()
    network: "tuple[Reached, ...] | None" = None

    @property
    def exit_code(self) -> int:
        if self.faults:
            return 2
        if self.obstacles:
            return 3
        return 4 if any(one.state in {"look", "FAILED"} for one in self.network or ()) else 0

    def as_json(self) -> dict[str, object]:
        return {
            "faults": [_describe_fault(fault) for fault in self.faults],
            **self.counts,
            "notes": list(self.notes),
            "obstacles": list(self.obstacles),
            "network": None if self.network is None else [asdict(one) for one in self.network],
        }


def _check(context: Context) -> _Result:
    # --help must not wait for pydantic and the watch language
    from crawler.config.files.retired import list_warnings  # noqa: PLC0415
    from crawler.config.load import find_config_files  # noqa: PLC0415

    try:
        context.require_secrets()
        context.read_web_password()
    except ConfigFaulty as error:
        return _Result(faults=error.faults)
    config = context.config
    counts = {
        "files": len(find_config_files(context.config_path)),
        "sources": len(config.sources),
        "watches": len(config.watches),
    }
    return _Result(
        counts=counts,
        notes=(*list_warnings(context.config_path), *_list_notes(config)),
        obstacles=tuple(
            filter(None, (find_place_problem(config.store.path), _find_disk_problem(config)))
        ),
    )


def _describe_fault(fault: Fault) -> dict[str, object]:
    """Return a fault for programs; what is unknown is null."""
    from crawler.config.checks.wording import split_repair  # noqa: PLC0415

    message, repair = split_repair(fault.problem)
    return {
        "file": fault.file,
        "line": fault.line or None,
        "key": fault.where or None,
        "message": message,
        "repair": repair or None,
    }


def _print(result: _Result) -> None:
    counts = result.counts
    verdict = "no fault, but see below" if result.obstacles else "all good"
    click.echo(
        f"{write_count(counts['files'], 'file')}, {write_count(counts['sources'], 'source')}, "
        f"{write_count(counts['watches'], 'watch', 'watches')}: {verdict}."
    )
    for obstacle in result.obstacles:
        click.echo(f"`run` and `crawl` refuse to start: {obstacle}", err=True)
    for note in result.notes:
        print_note(note)
    if not counts["sources"]:
        click.echo("There is no [[source]] yet, so nothing will be visited.")
    if not counts["watches"]:
        click.echo("There is no [[watch]] yet, so no alerts will be sent.")
    if result.network is not None:
        from watchword.cli.setup.network_check import print_reached  # noqa: PLC0415  # as below

        print_reached(result.network)


def _find_disk_problem(config: "Config") -> str:
    return "" if config.store.network_disk else find_network_disk(config.store.path)


def _list_notes(config: "Config") -> Iterator[str]:
    """Yield a sentence for each setting that is valid, but may not be what was meant."""
    from crawler.config.checks.cluster_doubts import find_cluster_doubts  # noqa: PLC0415
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
    yield from find_cluster_doubts(config)

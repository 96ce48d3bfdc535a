"""The command ``watchword doctor``: print the findings, and exit by the worst of them."""

from typing import TYPE_CHECKING

import click
from rich.text import Text

from crawler.clock import utc_now
from crawler.config.files.places import find_database
from crawler.config.files.retired import list_warnings
from crawler.errors import ConfigFaulty
from crawler.text.counts import write_count
from crawler.text.lines import plain
from watchword.cli.daemon.alive import answer_alive
from watchword.cli.listings.machine import Json, json_option
from watchword.cli.listings.tables import make_console, print_line
from watchword.cli.terminal.context import Context, pass_context
from watchword.doctor.findings import Finding, Verdict

if TYPE_CHECKING:  # for types only: --help must not wait for pydantic
    from crawler.config.schema import Config

# the subject of the finding about a faulty configuration: if it comes first, the exit code is 2
_FAULTY = "faults"
_SIGNS = {
    Verdict.OK: ("ok", "green"),
    Verdict.LOOK: ("look", "yellow"),
    Verdict.BROKEN: ("BROKEN", "bold red"),
}


# what --json prints
_FIELDS = "subject verdict summary details remedy"


@click.command()
@click.option(
    "--alive", is_flag=True, help="Check only whether the daemon is alive. Exit code 0 or 1."
)
@json_option(_FIELDS)
@pass_context
def doctor(context: Context, *, alive: bool, as_json: Json | None) -> None:
    """Check database, disk, daemon, sources, pages and mail, and show what needs a look.

    Exit code 0: all is well; 3: something needs a look; 1: broken; 2: the configuration has faults.

    \b
    Examples:
      watchword doctor
      watchword doctor --alive      for a health check
    """
    if alive:
        answer_alive(context.config_path)
        return
    from watchword.doctor.health import examine  # noqa: PLC0415  # --alive is a health check that runs often: it must not wait for reports

    try:
        config = context.config
    except ConfigFaulty as faulty:
        findings = _examine_faulty(context, faulty)
    else:
        found = examine(config, now=utc_now(), place=context.config_path)
        findings = [_configuration(context, config), *found]
    if as_json is not None:
        as_json.print([f.as_json() for f in findings])
    else:
        _print_findings(findings)
    if findings[0].subject == _FAULTY:
        raise SystemExit(2)
    verdicts = {finding.verdict for finding in findings}
    if Verdict.BROKEN in verdicts:
        raise SystemExit(1)
    if Verdict.LOOK in verdicts:
        raise SystemExit(3)


def _examine_faulty(context: Context, faulty: ConfigFaulty) -> list[Finding]:
    """Return the findings that can be made with a faulty configuration: a running daemon still uses the last good one."""
    from watchword.doctor.health import examine_file  # noqa: PLC0415

    faults = Finding(
        subject=_FAULTY,
        verdict=Verdict.BROKEN,
        summary=f"{context.config_path} has {write_count(len(faulty.faults), 'fault')}; "
        "a running daemon keeps using the previous version, and a new one cannot be started",
        details=tuple(line for fault in faulty.faults for line in str(fault).splitlines()),
    )
    try:
        path = find_database(context.config_path)
    except (OSError, ValueError):
        return [faults]
    return [faults, *examine_file(path, now=utc_now())]


def _configuration(context: Context, config: "Config") -> Finding:
    warnings = list_warnings(context.config_path)
    return Finding(
        subject="configuration",
        verdict=Verdict.LOOK if warnings else Verdict.OK,
        details=warnings,
        summary=f"{context.config_path}: {write_count(len(config.sources), 'source')}, {write_count(len(config.watches), 'watch', 'watches')}",
    )


def _print_findings(findings: list[Finding]) -> None:
    # the columns fit "BROKEN" and "configuration", the longest verdict and subject, and a blank
    console = make_console()
    for finding in findings:
        word, style = _SIGNS[finding.verdict]
        line = Text(f"{word:<7}", style=style)
        line.append(f"{finding.subject:<14}", style="bold")
        line.append(plain(finding.summary))
        print_line(console, line, indent=21)
        for detail in finding.details:
            print_line(console, Text(f"{'':<21}{plain(detail)}", style="dim"), indent=21)
        if finding.remedy:
            print_line(console, Text(f"{'':<21}{finding.remedy}", style="italic"), indent=21)

"""The commands of ``watchword cluster``: how the workers are doing, try isolated domains again, hand nothing out."""

import click

from crawler.model.request import RequestKind
from watchword.cli.listings.machine import Json, json_option
from watchword.cli.terminal.context import Context, pass_context
from watchword.cli.terminal.requests import ask

# what --json prints
FIELDS = (
    "is_home_running home_share trouble since is_drained drained_at rest rests_until workers_alive busy places bundles_waiting bundles_running "
    "notes_waiting notes_oldest_seconds deaths workers isolated"
)


@click.group()
def cluster() -> None:
    """Workers on other machines: how they are doing, and what they are handed.

    \b
    Examples:
      watchword cluster status
      watchword cluster retry slow.example
      watchword cluster drain
    """


@cluster.command()
@json_option(FIELDS)
@pass_context
def status(context: Context, *, as_json: Json | None) -> None:
    """Show workers, their bundles, and isolated domains.

    It also shows what waits for the home. Asks PostgreSQL, so it is true while the home is stopped, too; what the home knows is read from its database file. Exit
    code 1 if PostgreSQL does not answer here or cannot be used by the home; if it does not answer, what was known before is shown.

    \b
    Examples:
      watchword cluster status
      watchword cluster status --json workers,isolated
    """
    # asyncio and psycopg: `watchword cluster --help` need not wait for them
    from watchword.cli.cluster.status import look, print_status  # noqa: PLC0415

    found = look(context)
    if as_json is not None:
        as_json.print(found.as_json())
    else:
        print_status(found, context.zone)
    if found.trouble or found.home_trouble:
        raise SystemExit(1)


@cluster.command()
@click.argument("domains", nargs=-1, metavar="[DOMAIN]...")
@pass_context
def retry(context: Context, *, domains: tuple[str, ...]) -> None:
    """Hand out isolated domains again, all or those named.

    A domain is isolated after three workers in a row died while they had it, the last one with nothing else.

    \b
    Examples:
      watchword cluster retry
      watchword cluster retry slow.example other.example:8080
    """
    names = [domain.lower() for domain in domains] or None
    ask(context, RequestKind.CLUSTER_RETRY, {"domains": names})


@cluster.command()
@click.option("--end", "is_end", is_flag=True, help="Hand out again.")
@pass_context
def drain(context: Context, *, is_end: bool) -> None:
    """Hand nothing out until `drain --end`.

    Workers finish what they have, and can then be stopped without losing any work. It holds until `drain --end`, through restarts of the home, too.

    \b
    Examples:
      watchword cluster drain
      watchword cluster status
      watchword cluster drain --end
    """
    if not is_end and not context.config.cluster.is_on:
        raise click.UsageError("there is no [cluster] database in the configuration, so nothing is handed out")  # fmt: skip
    ask(context, RequestKind.CLUSTER_DRAIN, {"is_on": not is_end})

"""``watchword check``."""

import click

from scheduler.cli.context import Context, pass_context


@click.command()
@pass_context
def check(context: Context) -> None:
    """Check the configuration: every fault at once, with file, line and what to write instead.

    Needs no network and no database; files with secrets are read, so it is for the user who runs the daemon. Exit code 2 where there is a fault.

    \b
    Examples:
      watchword check
      watchword --config my-seeds check
    """
    # pydantic and the watch language are not for --help
    from crawler.config.load import find_config_files  # noqa: PLC0415
    from crawler.config.logins import ADVICE  # noqa: PLC0415
    from crawler.config.mail_doubts import find_mail_doubts  # noqa: PLC0415
    from crawler.matching.advice import find_doubts  # noqa: PLC0415

    context.require_secrets()
    config = context.config
    context.read_room_password()
    files = find_config_files(context.config_path)
    click.echo(
        f"{len(files)} file{'s' if len(files) != 1 else ''}, {len(config.sources)} sources, "
        f"{len(config.watches)} watches: all good."
    )
    for source in config.sources:
        if source.has_login_in_url:
            click.echo(f'Note: source "{source.name}": {ADVICE}', err=True)
    for watch in config.watches:
        for doubt in find_doubts(watch.query):
            click.echo(f'Note: watch "{watch.name}": {doubt}', err=True)
    for doubt in find_mail_doubts(config):
        click.echo(f"Note: {doubt}", err=True)
    if not config.sources:
        click.echo("There is no [[source]] yet, so nothing will be visited.")
    if not config.watches:
        click.echo("There is no [[watch]] yet, so nothing will alert.")

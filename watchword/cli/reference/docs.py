"""The command ``watchword docs``: the docs of this very version, in a browser or in the terminal."""

import mimetypes
import re
import sys
import webbrowser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import unquote, urlsplit

import click
from rich.console import Console
from rich.markdown import Markdown

from watchword.cli.reference.manual import (
    MANUAL,
    ManualPage,
    find_manual_page,
    list_manual,
    list_similar,
    render,
)

# of a line of text, in a terminal however wide
_MOST_COLUMNS = 100
_PAGE_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((?!https?:)[^)]*\)")


@click.command()
@click.argument("page", default="index")
@click.option("--print", "is_printing", is_flag=True, help="Show the page in the terminal instead.")
@click.option("--list", "is_listing", is_flag=True, help="List the names of all pages.")
@click.option("--port", default=0, show_default=True, help="Port; 0 takes a free one.")
def docs(page: str, *, is_printing: bool, is_listing: bool, port: int) -> None:
    """Open the docs of this version in a browser. They need no network.

    PAGE is the name of a page, such as settings, commands, start or login. The pages are served on this machine until Ctrl-C;
    the address is printed too. Without a browser, or if the output is not a terminal, the page is printed.

    \b
    Examples:
      watchword docs
      watchword docs settings
      watchword docs watch-language --print
      watchword docs settings | grep timezone
    """
    if not list_manual():
        raise click.ClickException(f"the docs are not installed: there is nothing at {MANUAL}")
    if is_listing:
        _list()
        return
    found = find_manual_page(page)
    if found is None:
        hint = "".join(f" Did you mean '{name}'?" for name in list_similar(page)[:1])
        raise click.UsageError(
            f'no page is called "{page}".{hint} `watchword docs --list` lists all'
        )
    if is_printing or not sys.stdout.isatty() or not _has_browser():
        _print(found)
    else:
        _serve(found, port)


def _list() -> None:
    """List the pages, with titles in a terminal; the decisions are one of them."""
    for page in list_manual():
        if not page.name[0].isdigit():
            click.echo(f"{page.name:<17} {page.title}" if sys.stdout.isatty() else page.name)


def _has_browser() -> bool:
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True


def _print(page: ManualPage) -> None:
    """Print a page: in a terminal with its structure and page by page, elsewhere as it is written."""
    text = page.read()
    if not sys.stdout.isatty():
        click.echo(text, nl=False)
        return
    console = Console()
    console.width = min(console.width, _MOST_COLUMNS)
    with console.capture() as captured:
        # a terminal cannot follow links between pages
        console.print(Markdown(_PAGE_LINK.sub(r"\1", text), hyperlinks=False))
    click.echo_via_pager(captured.get())


def _serve(page: ManualPage, port: int) -> None:
    """Serve the docs on this machine and open a page, until Ctrl-C."""
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), DocsHandler)
    except OSError as error:
        raise click.ClickException(
            f"port {port} cannot be used: {error.strerror}. `--port 0` takes a free one"
        ) from error
    with server:
        url = f"http://127.0.0.1:{server.server_port}/{page.place}.html"
        click.echo(f"Docs: {url}\nCtrl-C ends it.")
        # opening waits for the end of a browser that works in the terminal
        serving = Thread(target=server.serve_forever, daemon=True)
        serving.start()
        try:
            webbrowser.open(url)
            serving.join()
        except KeyboardInterrupt:
            click.echo("\nClosed.")
        finally:
            server.shutdown()


class DocsHandler(BaseHTTPRequestHandler):
    """Answers with pages, pictures and examples of the docs, and with nothing else."""

    def do_GET(self) -> None:  # http.server's name
        place = unquote(urlsplit(self.path).path).strip("/") or "index.html"
        content = self._find(place)
        if content is None:
            self.send_error(404, "There is no such page in these docs")
            return
        kind = mimetypes.guess_type(place)[0] or "text/plain"
        self.send_response(200)
        self.send_header("Content-Type", f"{kind}; charset=utf-8" if "text" in kind else kind)
        self.send_header("Content-Length", str(len(content)))
        # the docs say so of every page: nothing is loaded from elsewhere
        self.send_header(
            "Content-Security-Policy",
            "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'",
        )
        self.end_headers()
        self.wfile.write(content)

    def _find(self, place: str) -> bytes | None:
        if place.endswith(".html"):
            page = find_manual_page(place)
            return render(page).encode() if page and f"{page.place}.html" == place else None
        folder, file = MANUAL.resolve(), (MANUAL / place).resolve()
        if not file.is_relative_to(folder) or not file.is_file():
            return None
        return file.read_bytes()

    def log_message(self, format: str, *args: object) -> None:  # http.server's name
        """Log nothing: the terminal belongs to the person who reads."""

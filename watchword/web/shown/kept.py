"""A kept page, as it was fetched: shown as a document of its own that runs nothing, loads nothing and belongs to no site."""

from datasette.utils.asgi import Response

from crawler.extract.documents.charset import decode_page
from crawler.model.article import Page

# Without allow-scripts and allow-same-origin a sandbox has no script, no form, no cookie of ours, and follows no meta refresh.
# Styles and pictures of the page itself are harmless there; those of other hosts would tell them who reads what.
_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


def show_kept(page: Page) -> Response:
    """Return a kept page; what is no text is offered as a file."""
    headers = {"content-security-policy": _POLICY, "cache-control": "private, no-store"}
    kind = page.content_type.partition(";")[0].strip().lower()
    if "html" not in kind and not kind.startswith("text/") and kind:
        headers["content-disposition"] = 'attachment; filename="kept-page"'
        return Response(page.body, headers=headers, content_type="application/octet-stream")
    text = decode_page(page.body, page.content_type)
    is_plain = kind.startswith("text/") and "html" not in kind
    return Response(
        text,
        headers=headers,
        content_type=f"text/{'plain' if is_plain else 'html'}; charset=utf-8",
    )

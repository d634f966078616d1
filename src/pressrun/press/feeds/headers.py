"""What a web server should say of feeds, as a `_headers` file that several static hosts read."""

from collections.abc import Iterable


def headers(documents: Iterable[tuple[str, str, str]], hub: str | None) -> str:
    """The headers of *documents*, each a path, a URL and a media type: the type, caching, and who may read it.

    With a *hub*, also the links by which WebSub finds it (WebSub, section 4).
    """
    lines = []
    for path, url, media_type in documents:
        lines += [
            path,
            f"  Content-Type: {media_type}; charset=utf-8",
            "  Cache-Control: public, max-age=300",
            "  Access-Control-Allow-Origin: *",
        ]
        if hub:
            lines += [f'  Link: <{hub}>; rel="hub"', f'  Link: <{url}>; rel="self"']
    return "\n".join([*lines, ""])

"""A picture as Atom and RSS announce it beside an entry's text (Media RSS, `media:content`)."""

from pressrun.model.picture import Picture
from pressrun.press.feeds.markup import attribute


def media_content(picture: Picture, indent: str = "    ") -> str:
    """The line of *picture*, with what is known of it."""
    known = (
        ("url", attribute(picture.url)),
        ("fileSize", picture.size),
        ("type", attribute(picture.media_type)),
        ("medium", "image"),
        ("height", picture.height),
        ("width", picture.width),
    )
    attributes = "".join([f' {name}="{value}"' for name, value in known if value])
    return f"{indent}<media:content{attributes}/>\n"

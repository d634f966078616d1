"""What the documents of feeds are called: the name of each format, and the folders of archives."""

import re

# The one that says most first.
NAMES = ("atom.xml", "rss.xml", "feed.json")
ARCHIVE = re.compile(r"archive/\d{4}/\d{2}/")


def name_of(path: str) -> str:
    """Return the last part of *path*."""
    return path.rpartition("/")[2]


def folder_of(path: str) -> str:
    """Return the folder of *path*, with a slash at its end; "" for the root."""
    return path[: len(path) - len(name_of(path))]


def is_archive_of(path: str, feed: str) -> bool:
    """Whether *path* is an archive (RFC 5005) of the document *feed*; only the site's feed has any."""
    return not folder_of(feed) and ARCHIVE.fullmatch(folder_of(path)) is not None and name_of(path) == name_of(feed)

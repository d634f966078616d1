"""Text as it stands in XML 1.0: escaped exactly as libxml2 does it, so that no document changes with its writer."""

# What no XML 1.0 document can hold (section 2.2); nobody could read a feed with one of them in it.
_CONTROLS = bytes(sign for sign in range(32) if sign not in b"\t\n\r")
_NO_CHARACTERS = ("\ufffe".encode(), "\uffff".encode())


def text(value: str) -> str:
    """*value* as the text of an element."""
    # str's own method, because that of Markup, which is a str, would escape what is put in.
    plain = str.replace(value, "&", "&amp;")
    return plain.replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


def plain_text(value: str) -> str:
    """*value* as the text of an element of RSS that is no HTML, for readers that unescape twice.

    RSS Best Practices, section 3.1: `&` and `<` as hexadecimal references.
    """
    plain = str.replace(value, "&", "&#x26;")
    return plain.replace("<", "&#x3C;").replace(">", "&#x3E;").replace("\r", "&#13;")


def long_text(value: str) -> bytes:
    """*value* as the text of an element, in UTF-8: in long texts, bytes are replaced faster than characters."""
    data = value.encode()
    data = data.replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;")
    return data.replace(b"\r", b"&#13;")


def attribute(value: str) -> str:
    """*value* as what stands between an attribute's quotes."""
    escaped = text(value).replace('"', "&quot;")
    return escaped.replace("\n", "&#10;").replace("\t", "&#9;")


def element(indent: str, name: str, escaped: str) -> str:
    """The line of the element *name* that holds the text *escaped*; empty text is text."""
    return f"{indent}<{name}>{escaped}</{name}>\n"


def checked(data: bytes) -> bytes:
    """*data*, part of a document in UTF-8; raises ValueError where it holds a character that XML cannot."""
    # One byte is found ten times as fast as three, and few texts have one that begins like those.
    has_others = b"\xef" in data and any(each in data for each in _NO_CHARACTERS)
    if has_others or len(data.translate(None, _CONTROLS)) != len(data):
        raise ValueError("a control character, which no XML document can hold, stands in an entry")
    return data

"""What a word without quotes stands for where templates, or a field of truth values, want more than text."""

import re

TRUE = frozenset({"true", "yes", "on", "1"})
FALSE = frozenset({"false", "no", "off", "0"})
# How YAML writes that there is no value; in quotes each of these is text (YAML 1.2, section 10.3).
NOTHING = frozenset({"", "~", "null", "Null", "NULL"})

# What stands between words in a list that is one text: commas and semicolons as Latin, Chinese, Japanese, and Arabic
# write them.
SEPARATOR = re.compile("[,;，、；،؛﹐﹑﹔]")

_WHOLE = re.compile(r"[-+]?[0-9]{1,18}")
_DECIMAL = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?")


def core_schema(text: str) -> object:
    """The truth value or number that *text* is in YAML's core schema, else *text*."""
    if text in ("true", "True", "TRUE"):
        return True
    if text in ("false", "False", "FALSE"):
        return False
    if _WHOLE.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return float(text)
    return text

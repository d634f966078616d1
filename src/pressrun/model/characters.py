"""What no text that a person writes may hold, because no output can."""

import re

# What the words of slots begin with (see `slots`): a story that held one could ask for its reader's address.
MARK = "qslotq"
# What neither XML 1.0 (section 2.2) nor a mail header can hold, the C1 controls that nobody means, and MARK.
CONTROL = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]|{MARK}")

# The bytes of UTF-8 in characters that no CONTROL is among: ASCII's, and those that neither C1 nor the last begin with.
_HARMLESS = bytes(
    byte for byte in range(256) if byte in b"\t\n\r" or (byte > 0x1F and byte not in (0x7F, 0xC2, 0xED, 0xEF))
)


def control_in(text: str) -> re.Match[str] | None:
    """What CONTROL finds in *text* first, several times as fast where it finds nothing."""
    # Taking bytes out of a text takes a twentieth of the time of looking at each of its characters.
    if MARK not in text and not text.encode("utf-8", "surrogatepass").translate(None, _HARMLESS):
        return None
    return CONTROL.search(text)


def refusal_of(control: str) -> str:
    """Why *control*, which CONTROL has found, cannot stay, as a sentence."""
    if control == MARK:
        return f"{MARK} is what Pressrun itself marks personal fields with, and can stand in no text"
    return f"U+{ord(control):04X} can stand in no feed and no letter"

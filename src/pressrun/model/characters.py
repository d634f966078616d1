"""What no text that a person writes may hold, because no output can."""

import re

# What the words of slots begin with (see `slots`): a story that held one could ask for its reader's address.
MARK = "qslotq"
# What neither XML 1.0 (section 2.2) nor a mail header can hold, the C1 controls that nobody means, and MARK.
CONTROL = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]|{MARK}")


def refusal_of(control: str) -> str:
    """Why *control*, which CONTROL has found, cannot stay, as a sentence."""
    if control == MARK:
        return f"{MARK} is what Pressrun itself marks personal fields with, and can stand in no text"
    return f"U+{ord(control):04X} can stand in no feed and no letter"

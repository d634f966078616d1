"""The exit codes of every command, in one table."""

from enum import IntEnum


class Exit(IntEnum):
    """What a command's exit code means."""

    FINE = 0
    PROBLEMS = 1
    USAGE = 2
    ENVIRONMENT = 3
    UNFINISHED = 4
    INTERRUPTED = 130  # 128 and the number of SIGINT, as shells have it

    @property
    def meaning(self) -> str:
        """Return what the code means, in a few words."""
        return MEANINGS[self]


MEANINGS = {
    Exit.FINE: "fine",
    Exit.PROBLEMS: "problems in files, or something needs you",
    Exit.USAGE: "wrong command line",
    Exit.ENVIRONMENT: "network, mail server, database, or disk",
    Exit.UNFINISHED: "a send that is not finished",
    Exit.INTERRUPTED: "interrupted",
}


def all_exits() -> str:
    """Return the whole table on one line, for help texts."""
    return "; ".join(f"{code.value} {meaning}" for code, meaning in MEANINGS.items())

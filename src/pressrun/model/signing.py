"""What signs letters: by which name the DNS knows the keys, and where they lie (RFC 6376)."""

from dataclasses import dataclass

KEYS = "var/dkim"


@dataclass(frozen=True, slots=True)
class Signing:
    """Nothing is signed where no selector is named. *domain* is that of the sender where None is written.

    Of each selector there is a private key, in a file of its name with .pem behind it, in the folder *keys*.
    """

    selectors: tuple[str, ...] = ()
    domain: str | None = None
    keys: str = KEYS


def is_aligned(domain: str, sender: str) -> bool:
    """Whether a signature of *domain* counts for a letter from an address of the domain *sender* (RFC 7489, 3.1.1).

    One of them may lie below the other; what else belongs to one owner only a list of public suffixes would tell.
    """
    return domain == sender or domain.endswith(f".{sender}") or sender.endswith(f".{domain}")

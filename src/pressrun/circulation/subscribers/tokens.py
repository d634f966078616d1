"""The door to itsdangerous: words in links that nobody but us can make, each good for one purpose and one person."""

import base64
import binascii
import enum
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from itsdangerous import BadData, Signer

from pressrun.model.subscriber import PersonId

# What can still do harm is only good under these many of the newest keys; leaving is good under all.
NEWEST_KEYS = 2
# A link that opens what is known of a person, and the time that somebody has to fill in a form.
LINK_LIFE = timedelta(hours=1)
FORM_LIFE = timedelta(days=1)
SHORTEST_KEY = 32
# A reserved person, who does not exist: whoever has a link of theirs can do nothing with it.
NOBODY: PersonId = "0" * 32
_BETWEEN, _LISTS = ".", "~"
_TRACE_DIGITS = 12
_FINGERPRINT_DIGITS = 12


def fingerprint_of(key: str, store_key: bytes) -> str:
    """Return the fingerprint of *key* in the store whose own key is *store_key* (HMAC, RFC 2104): 12 hex digits."""
    return hmac.digest(store_key, b"pressrun link key " + key.encode(), "sha256").hex()[:_FINGERPRINT_DIGITS]


def mark_of_store(store_key: bytes) -> bytes:
    """Return what tells one store from another; it does not reveal *store_key*."""
    return hmac.digest(store_key, b"pressrun store", "sha256")


class Purpose(enum.Enum):
    """The one thing that a token lets somebody do."""

    CONFIRM = "confirm"
    LEAVE = "leave"
    MANAGE = "manage"
    DATA = "data"


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token says: whose it is, and about which lists."""

    person: PersonId
    lists: tuple[str, ...]


class SignedTokens:
    """Makes and reads the tokens of one publication. *keys* come newest first, each of SHORTEST_KEY characters or more;
    links to confirm are good for *confirm_life*. *mark* tells the store that the links belong to from others.
    """

    def __init__(self, keys: Sequence[str], confirm_life: timedelta, mark: bytes = b"") -> None:
        self._keys = tuple(key.encode() for key in keys)
        self._mark = mark
        self._lives: dict[Purpose, timedelta | None] = dict.fromkeys(Purpose, LINK_LIFE)
        self._lives |= {Purpose.CONFIRM: confirm_life, Purpose.LEAVE: None}

    def made(self, purpose: Purpose, person: PersonId, lists: Sequence[str], now: datetime) -> str:
        """A token that lets *person* do what *purpose* says about *lists*; the one to leave is the same at any time."""
        issued = 0 if self._lives[purpose] is None else _seconds(now)
        who = base64.urlsafe_b64encode(bytes.fromhex(person)).rstrip(b"=").decode()
        return self._signed(purpose.value, f"{who}{_BETWEEN}{_LISTS.join(lists)}{_BETWEEN}{issued}")

    def read(self, purpose: Purpose, token: str, now: datetime) -> Grant | None:
        """What *token* grants for *purpose*; None where it is forged, too old, or was made for another purpose."""
        life = self._lives[purpose]
        said = self._said(purpose.value, token, None if life is None else NEWEST_KEYS)
        if said is None:
            return None
        who, lists, issued = said.split(_BETWEEN)
        if life is not None and not _is_fresh(int(issued), life, now):
            return None
        person = base64.urlsafe_b64decode(f"{who}==").hex()
        return Grant(person, tuple(lists.split(_LISTS)) if lists else ())

    def stamp(self, now: datetime) -> str:
        """What a form holds, so that it can be told when it was asked for."""
        return self._signed("form", str(_seconds(now)))

    def stamped(self, stamp: str, now: datetime) -> timedelta | None:
        """How long ago *stamp* was made; None where it is forged or older than FORM_LIFE."""
        said = self._said("form", stamp, NEWEST_KEYS)
        if said is None or not _is_fresh(int(said), FORM_LIFE, now):
            return None
        return now - datetime.fromtimestamp(int(said), UTC)

    def trace(self, text: str) -> str:
        """What stands for *text*, an address, in a log: the same for the same text, and nobody can turn it back."""
        return hmac.digest(self._keys[0], b"pressrun log " + text.encode(), "sha256").hex()[:_TRACE_DIGITS]

    def proof(self, token: str) -> str:
        """Return two words about *token*, an unsubscribe link's, that prove who says them; "" if it is forged.

        The first takes the very key that signed the token, the second also the same store.
        """
        for key in self._keys:
            if token.isascii() and _signer((key,), Purpose.LEAVE.value).validate(token):
                words = (b"pressrun proof of key ", b"pressrun proof of store " + self._mark)
                return " ".join(hmac.digest(key, word + token.encode(), "sha256").hex()[:32] for word in words)
        return ""

    def _signed(self, purpose: str, said: str) -> str:
        return _signer(self._keys[:1], purpose).sign(said).decode()

    def _said(self, purpose: str, token: str, newest: int | None) -> str | None:
        if not token.isascii():
            return None
        try:
            return _signer(self._keys[:newest], purpose).unsign(token).decode()
        except (BadData, binascii.Error, UnicodeDecodeError):
            return None


def _signer(keys: Sequence[bytes], purpose: str) -> Signer:
    # It signs with the last key, and tries all of them.
    oldest_first = list(reversed(keys))
    return Signer(oldest_first, f"pressrun {purpose}", _BETWEEN, "hmac", hashlib.sha256)


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _is_fresh(issued: int, life: timedelta, now: datetime) -> bool:
    # Another machine's clock may be a little ahead of ours.
    return issued - 60 <= _seconds(now) <= issued + life.total_seconds()

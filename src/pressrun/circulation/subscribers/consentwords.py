"""What a label or a cell of a table says of consent, in any of the languages of `vocabulary`."""

import enum
import functools
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from pressrun.circulation.subscribers import vocabulary as known
from pressrun.model.subscriber import SubscriptionState


class Topic(enum.Enum):
    """What a label is about."""

    LEFT = "left"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    CONSENT = "consent"
    CONFIRMED = "confirmed"
    STATUS = "status"


ENDS = (Topic.COMPLAINED, Topic.BOUNCED, Topic.LEFT)  # the strictest first
STATE_OF = {
    Topic.LEFT: SubscriptionState.UNSUBSCRIBED,
    Topic.BOUNCED: SubscriptionState.BOUNCED,
    Topic.COMPLAINED: SubscriptionState.COMPLAINED,
}


@dataclass(frozen=True, slots=True)
class Label:
    """What a label is about; *topic* is None where it is not about consent.

    A label is not *certain* where its words are also about other things, such as "State", and not *clear* where it
    denies a no, such as "not bounced". *dated*, *counted*, *reasoned*, and *around* tell what is in its cells: a
    moment, a number of times, a reason, or something else about the topic.
    """

    topic: Topic | None = None
    certain: bool = True
    clear: bool = True
    dated: bool = False
    counted: bool = False
    reasoned: bool = False
    around: bool = False


@dataclass(frozen=True, slots=True)
class Stated:
    """What a whole cell says: *state* is None where it is about consent and says nothing certain.

    It is not *certain* where its words may be about something else.
    """

    state: SubscriptionState | None
    certain: bool


_CAMEL = re.compile(r"(?<=[a-zß-öø-ÿ0-9])(?=[A-ZÀ-ÖØ-Þ])|(?<=[A-Z])(?=[A-Z][a-z])")
_GAP = re.compile(r"[\W_]+|(?<=[^\W\d_])(?=\d)")
_LONGEST_LABEL = 200
_MOST_WORDS = 8
_MOST_MENTIONING = 15


@functools.lru_cache(maxsize=20_000)
def words_of(text: str) -> tuple[str, ...]:
    """Return the words of *text*, folded: no capitals, no accents on Latin letters, no camel case, no full width."""
    text = _CAMEL.sub(" ", without_accents(text[:_LONGEST_LABEL])).casefold()
    text = f" {_GAP.sub(' ', text).strip()} "
    for pair, word in known.JOINED.items():
        if pair in text:
            text = text.replace(f" {pair} ", f" {word} ")
    return tuple(text.split())


def without_accents(text: str) -> str:
    """Return *text* composed (NFKC), and without the accents of Latin letters."""
    if text.isascii():
        return text
    composed = unicodedata.normalize("NFKC", text)
    return "".join(unicodedata.normalize("NFKD", each)[0] if _is_latin(each) else each for each in composed)


def _is_latin(letter: str) -> bool:
    return "\u00c0" <= letter <= "\u024f" or "\u1e00" <= letter <= "\u1eff"


def key_of(text: str) -> str:
    """Return *text* as the words of a status are looked up: `words_of`, with nothing between them."""
    return "".join(words_of(text))


# The first that fits a word holds: what is said within a word of German says more than how the word begins.
_WITHIN = (
    (Topic.CONFIRMED, known.CONFIRMED_WITHIN),
    (Topic.LEFT, known.LEFT_WITHIN),
    (Topic.BOUNCED, known.BOUNCED_WITHIN),
    (Topic.COMPLAINED, known.COMPLAINED_WITHIN),
    (Topic.CONSENT, known.CONSENT_WITHIN),
)
_BEGINS = (
    (Topic.LEFT, tuple(known.LEFT_BEGINS)),
    (Topic.BOUNCED, tuple(known.BOUNCED_BEGINS)),
    (Topic.COMPLAINED, tuple(known.COMPLAINED_BEGINS)),
    (Topic.CONFIRMED, tuple(known.CONFIRMED_BEGINS)),
    (Topic.CONSENT, tuple(known.CONSENT_BEGINS)),
)
_WORDS = {
    **dict.fromkeys(known.CONSENT_MAYBE, (Topic.CONSENT, False)),
    **dict.fromkeys(known.LEFT_MAYBE, (Topic.LEFT, False)),
    **dict.fromkeys(known.BOUNCED_MAYBE, (Topic.BOUNCED, False)),
    **dict.fromkeys(known.COMPLAINED_MAYBE, (Topic.COMPLAINED, False)),
    **dict.fromkeys(known.CONSENT, (Topic.CONSENT, True)),
    **dict.fromkeys(known.CONFIRMED, (Topic.CONFIRMED, False)),
    **dict.fromkeys(known.LEFT, (Topic.LEFT, True)),
    **dict.fromkeys(known.BOUNCED, (Topic.BOUNCED, True)),
    **dict.fromkeys(known.COMPLAINED, (Topic.COMPLAINED, True)),
}
_UNSPACED = tuple((word, *found) for word, found in _WORDS.items() for found in (found,) if not word.isascii())


@functools.lru_cache(maxsize=50_000)
def topic_of(word: str) -> tuple[Topic, bool] | None:
    """Return what one word of `words_of` is about, and whether it is certain; None where it is not about consent."""
    if (exact := _WORDS.get(word)) is not None:
        return exact
    for topic, stems in _WITHIN:
        if any(stem in word for stem in stems):
            # Japanese has its "not" within the word.
            denied = topic in (Topic.CONSENT, Topic.CONFIRMED) and any(each in word for each in known.NEGATORS_WITHIN)
            return (Topic.LEFT if denied else topic), True
    for topic, beginnings in _BEGINS:
        if word.startswith(beginnings):
            return topic, True
    if not word.isascii():
        return next(((found[1], found[2]) for found in _UNSPACED if found[0] in word), None)
    return None


def _is_denied(words: Sequence[str]) -> bool:
    """Whether a "no" or a "not" in *words* is about a word of them that it can deny."""
    for at, word in enumerate(words):
        if word in known.NEGATORS:
            if word not in known.LEADING_NEGATORS:
                return True
            if any(later in known.CONTACT or topic_of(later) for later in words[at + 1 :]):
                return True
    return False


@functools.lru_cache(maxsize=20_000)
def label_of(text: str) -> Label:
    """Return what the label *text* says of the column below it."""
    words = words_of(text)
    found = [each for word in words if (each := topic_of(word)) is not None]
    ends = [each for each in found if each[0] in ENDS]
    yes = [each for each in found if each[0] not in ENDS]
    denied, is_contact = _is_denied(words), any(word in known.CONTACT for word in words)
    topic: Topic | None = None
    certain, clear = True, True
    if ends:
        topic = next(each for each in ENDS if any(each is end for end, _ in ends))
        sure = [is_sure for _, is_sure in ends]
        certain = any(sure) or bool(yes) or is_contact or denied
        clear = not denied and (all(sure) or not any(sure))
    elif yes and denied:
        topic, clear = Topic.LEFT, any(each is Topic.CONSENT for each, _ in yes)
    elif yes:
        topic = Topic.CONFIRMED if all(each is Topic.CONFIRMED for each, _ in yes) else Topic.CONSENT
        certain = any(is_sure for _, is_sure in yes) or len(yes) > 1 or is_contact
    elif denied and is_contact:
        topic = Topic.LEFT
    elif (status := _status_in(words)) is not None:
        topic, certain = Topic.STATUS, status
    return Label(topic, certain, clear, **_shape_of(words))


def _status_in(words: Sequence[str]) -> bool | None:
    """Whether *words* are certainly those of a status of people; None where they are of no status."""
    if any(word in known.STATUS or word.endswith(known.STATUS_ENDS) for word in words):
        return not any(word in known.OTHER_STATUS for word in words)
    return False if any(word in known.STATUS_MAYBE for word in words) else None


def _shape_of(words: Sequence[str]) -> dict[str, bool]:
    dated = any(word in known.DATED or any(each in word for each in known.DATED_WITHIN) for word in words)
    return {
        "dated": dated or any(word.endswith("日") for word in words),
        "counted": any(word in known.COUNTS for word in words),
        "reasoned": any(word in known.REASONS or word.endswith(("grund", "reden")) for word in words),
        "around": any(word in known.AROUND_LABELS or word in known.OTHER_STATUS for word in words),
    }


@functools.lru_cache(maxsize=50_000)
def stated_by(text: str, *, tool: bool = False) -> Stated | None:
    """Return what a cell that holds *text* says; None where it holds another thing.

    The whole cell counts: a company called "Block Inc." says nothing. With *tool*, the words of known tools are known.
    """
    words = words_of(text)
    if not words or len(words) > _MOST_WORDS:
        return None
    key = "".join(words)
    if key in known.UNCLEAR:
        return Stated(None, certain=True)
    if tool and key in known.TOOL_STATES:
        return Stated(known.TOOL_STATES[key], certain=False)
    if key in known.STATES:
        return Stated(known.STATES[key], certain=key not in known.ORDINARY)
    if not all(_is_about_consent(word) for word in words):
        return None
    label = label_of(text)
    if label.topic not in STATE_OF:
        return None
    return Stated(STATE_OF[label.topic] if label.clear else None, label.certain and (len(words) > 1 or label.clear))


def mentions_an_end(text: str) -> bool:
    """Whether *text*, a few words, holds one that is about nothing else than a no: "unsubscribed by phone"."""
    words = words_of(text)
    return len(words) <= _MOST_MENTIONING and any(
        word.startswith("unsub") or any(stem in word for stem in known.LEFT_WITHIN) for word in words
    )


def is_about_reaching(label: str) -> bool:
    """Whether a word of *label* is one of emails or of contacts."""
    return any(word.startswith(known.REACHING) for word in words_of(label))


def _is_about_consent(word: str) -> bool:
    return word in known.NEGATORS or word in known.CONTACT or word in known.AROUND or topic_of(word) is not None

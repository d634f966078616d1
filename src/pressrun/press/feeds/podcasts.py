"""What podcast directories refuse, which a feed reader would take (Apple Podcasts: requirements)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pressrun.model.picture import Picture
from pressrun.model.problems import Position, Problem, Severity
from pressrun.model.publication import Podcast
from pressrun.model.story import Enclosure

SMALLEST_COVER, LARGEST_COVER = 1400, 3000
COVER_TYPES = ("image/jpeg", "image/png")


@dataclass(frozen=True, slots=True)
class Episode:
    """A story with its *recording*; *file* is its name for a person, *place* where its recording is named."""

    file: str
    recording: Enclosure
    place: Position


def episode_findings(episodes: Iterable[Episode]) -> Iterator[Problem]:
    """Return a warning for each recording that is empty, or in an earlier episode, and for each number that is taken.

    *episodes* come in the order of their dates; numbers are those of a season.
    """
    recordings: dict[str, Episode] = {}
    numbers: dict[tuple[int | None, int], Episode] = {}
    for episode in episodes:
        recording = episode.recording
        if recording.size == 0:
            message = "this recording is empty: directories refuse an episode of 0 bytes"
            yield _finding(episode.place, message, "export the recording again")
        first = recordings.setdefault(recording.url, episode)
        if first is not episode:
            message = f"{first.file} has the same recording, and directories take only one of two"
            yield _finding(episode.place, message, "name the recording of this episode")
        if recording.episode is not None:
            first = numbers.setdefault((recording.season, recording.episode), episode)
            if first is not episode:
                message = f"{first.file} is episode {recording.episode} already, and directories show one of two"
                yield _finding(episode.place, message, "give this one a number of its own")


def podcast_findings(podcast: Podcast, cover: Picture | None, place: Position) -> Iterator[Problem]:
    """Return a warning for what is missing in *podcast*, whose settings are at *place*, or wrong with its *cover*.

    Nothing is known of a cover on another host; it is None, or has no size.
    """
    if podcast.explicit is None:
        message = "explicit is missing, and directories refuse a podcast without it"
        yield _finding(place, message, "write explicit: false, or true where episodes are not for children")
    if cover is None or not cover.width or not cover.height:
        return
    if cover.media_type not in COVER_TYPES:
        yield _finding(place, "directories take a cover as JPEG or PNG only", "save it as JPEG")
    elif cover.width != cover.height or not SMALLEST_COVER <= cover.width <= LARGEST_COVER:
        message = f"this cover is {cover.width:,} by {cover.height:,} pixels, which directories refuse"
        hint = f"make it square, from {SMALLEST_COVER:,} to {LARGEST_COVER:,} pixels wide"
        yield _finding(place, message, hint)


def _finding(place: Position, message: str, hint: str) -> Problem:
    return Problem(place, "podcast-refused", message, hint, Severity.WARNING)

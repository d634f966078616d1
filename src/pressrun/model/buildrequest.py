"""What a run shall take in."""

from dataclasses import dataclass
from datetime import datetime

from pressrun.model.edition import Edition
from pressrun.model.story import Story


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """What a build shall take in: everything due at *now*, *drafts* and what lies in the *future* if asked for.

    *home* stands in for the publication's home page. With *slots*, the name of one of TOOLS, letters hold its tags.
    The sources in *besides* are taken in whatever they are.
    """

    now: datetime
    drafts: bool = False
    future: bool = False
    home: str | None = None
    slots: str | None = None
    besides: frozenset[str] = frozenset()

    def why_not(self, piece: Story | Edition) -> str | None:
        """What speaks against showing *piece*, as the end of a sentence; None if nothing does."""
        if piece.source in self.besides:
            return None
        if piece.draft and not self.drafts:
            return "is a draft"
        moment = piece.published if isinstance(piece, Story) else piece.date
        if moment > self.now and not self.future:
            return f"is not out until {moment.isoformat(sep=' ', timespec='minutes')}"
        return None

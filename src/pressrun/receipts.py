"""What says in an edition's own file that it was sent: written, and held against what the store knows."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pressrun.content.files import ContentFolder, content_folder, rewrite
from pressrun.content.load import CONTENT
from pressrun.content.receipts import receipted
from pressrun.dispatch import NotSent, Status
from pressrun.model.delivery import Mailing
from pressrun.model.edition import Edition, Receipt
from pressrun.model.publication import Masthead, Publication

DIGITS = 16


def receipt_for(mailing: Mailing) -> Receipt:
    """What an edition's file says once *mailing* was begun; it names nobody."""
    return Receipt(mailing.id, mailing.hash[:DIGITS], mailing.lists, mailing.frozen.replace(microsecond=0))


def why_not(edition: Edition, status: Status | None) -> str | None:
    """Why *edition* must not be sent, by the receipt in its file and what the store knows of it; None if it may."""
    receipt, file = edition.sent, f"content/{edition.source}"
    if receipt is None:
        return None
    told = f"{file} says that {{}} was sent to {', '.join(receipt.lists)} on {_day(receipt.time)}"
    if receipt.id != edition.id:
        return (
            f"{told.format(f'another edition, {receipt.id},')}. If this file was copied from that one, delete its line "
            "sent: and send again."
        )
    if status is None:
        return (
            f"{told.format('it')}, and this store knows nothing of that: is it another "
            "machine's, new, or from a backup? Nobody can tell from here who got it, so it is not sent. "
            "Use the store that sent it (PRESSRUN_DATABASE)."
        )
    if receipt != receipt_for(status.mailing):
        return f"{told.format('it')}, and this store knows of another sending, on {_day(status.mailing.frozen)}."
    return None


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} {moment.tzname() or ''}".strip()


@dataclass(frozen=True, slots=True)
class Change:
    """The file of an edition with its receipt, proved and not written yet."""

    folder: ContentFolder
    path: str
    data: bytes

    def write(self) -> None:
        """Put it in the file's place, whole."""
        rewrite(self.folder, self.path, self.data)


def with_receipt(source: Path, edition: Edition, publication: Publication, mailing: Mailing) -> Change:
    """*edition*'s file as it says that *mailing* was begun; raises NotSent where there is no place for that."""
    folder, _ = content_folder(source / CONTENT, CONTENT)
    text = folder.files[edition.source].read_bytes().decode()
    after = receipted(text, edition, receipt_for(mailing), Masthead(publication, {}))
    if after is None:
        raise NotSent(
            f"content/{edition.source} has no place for the line that says that the edition was sent, so "
            "nothing is sent. Write its front matter as name: value, a line each."
        )
    return Change(folder, edition.source, after.encode())

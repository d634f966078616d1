"""What says in an edition's own file that it was sent: written, and held against what the store knows."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from pressrun.content.load import CONTENT, Content, load
from pressrun.content.source.files import ContentFolder, content_folder, rewrite
from pressrun.desk.authoring.receiptlines import Entries, receipted, with_entries
from pressrun.model.delivery import LEFT, DeliveryState, Mailing, Tally
from pressrun.model.edition import Edition, Receipt
from pressrun.model.publication import Masthead, Publication
from pressrun.post.sending.backups import WAY_OUT
from pressrun.post.sending.dispatch import NotSent, Status
from pressrun.post.sending.letter import Cargo

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
    if replace(receipt, attempts=None, nobody=False) != receipt_for(status.mailing):
        return f"{told.format('it')}, and this store knows of another sending, on {_day(status.mailing.frozen)}."
    known = status.attempts
    # Somebody may have accepted that it is older; and where nobody is left, nothing is sent but by a person's word.
    if not status.is_settled and known < (receipt.attempts or 0) and status.tally.count(*LEFT):
        return (
            f"{told.format('it')}, by {receipt.attempts:,} attempts, and this store knows of {known:,}: "
            f"it is older than that. Nothing was sent. {WAY_OUT}"
        )
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


def with_attempts(source: Path, edition: Edition, publication: Publication, status: Status) -> None:
    """Have *edition*'s file say how many attempts its sending took, if nobody is left and it does not say so yet.

    Where somebody has changed its receipt or its file meanwhile, nothing is written.
    """
    known = edition.sent.attempts if edition.sent is not None else None
    if status.tally.count(*LEFT) or (known or 0) >= status.attempts:
        return
    folder, _ = content_folder(source / CONTENT, CONTENT)
    try:
        text = folder.files[edition.source].read_bytes().decode()
    except (KeyError, OSError, UnicodeDecodeError):
        return
    nobody = status.tally.count(DeliveryState.ACCEPTED, DeliveryState.UNKNOWN) == 0
    receipt = replace(receipt_for(status.mailing), attempts=status.attempts, nobody=nobody)
    after = receipted(text, edition, receipt, Masthead(publication, {}))
    if after is not None:
        rewrite(folder, edition.source, after.encode())


def with_receipt(
    source: Path, edition: Edition, publication: Publication, mailing: Mailing, cargo: Cargo | None = None
) -> Change:
    """*edition*'s file as it says that *mailing* was begun, and what its rule found if *cargo* says so.

    Raises NotSent where there is no place for that.
    """
    carried, begin = None, None
    if cargo is not None and edition.rule is not None and edition.carried is None:
        carried = list(zip(cargo.record.found or (), cargo.titles, strict=True))
        begin = cargo.begin if edition.rule.since_last and edition.begin is None else None
    change = _changed(source, edition, publication, Entries(receipt_for(mailing), carried, begin))
    if change is None:
        raise NotSent(
            f"content/{edition.source} has no place for the line that says that the edition was sent, so "
            "nothing is sent. Write its front matter as name: value, a line each."
        )
    return change


def note_whether_reached(source: Path, status: Status) -> None:
    """Have the edition's file say that its sending reached nobody, or no longer say so; nothing where it is gone."""
    content, _ = load(source)
    change = with_nobody(source, content, status.mailing, status.tally) if content is not None else None
    if change is not None:
        change.write()


def with_nobody(source: Path, content: Content, mailing: Mailing, tally: Tally) -> Change | None:
    """The file of the edition of *mailing* as it says whether that reached anybody, by its *tally*.

    None where it says so already, or is gone, or has no receipt that Pressrun wrote.
    """
    edition = next((each for each in content.editions if each.id == mailing.id), None)
    nobody = tally.count(*LEFT, DeliveryState.ACCEPTED, DeliveryState.UNKNOWN) == 0
    if edition is None or edition.receipt is None or edition.receipt.nobody == nobody:
        return None
    receipt = replace(edition.receipt, nobody=nobody)
    return _changed(source, edition, content.publication, Entries(receipt))


def _changed(source: Path, edition: Edition, publication: Publication, entries: Entries) -> Change | None:
    folder, _ = content_folder(source / CONTENT, CONTENT)
    text = folder.files[edition.source].read_bytes().decode()
    after = with_entries(text, edition, entries, Masthead(publication, {}))
    return Change(folder, edition.source, after.encode()) if after is not None else None

"""The letters of the service, each made for one person: nothing in them was typed by anybody but the publisher."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from html import escape

from pressrun.circulation.store.queue import ClaimedConfirmation
from pressrun.circulation.subscribers.links import ServiceLinks
from pressrun.model.mailaddress import EmailAddress
from pressrun.model.notice import Notice
from pressrun.model.problems import ContentError, Problem
from pressrun.model.publication import Mailbox, MailingList, Publication
from pressrun.post.delivery.interface import Envelope
from pressrun.press.newsletter.inline import Unreadable, inlined
from pressrun.press.newsletter.message import AddressedLetter
from pressrun.press.newsletter.notice import Note, note_letter
from pressrun.press.newsletter.plaintext import WIDTH, tidy
from pressrun.rendering.templates import Templates

HTML, TEXT, SUBJECT = "service-letter.html", "service-letter.txt", "service-subject.txt"
# Stands where the link will: moving styles into elements takes long, and is done once for all letters of a kind.
_LINK = "https://link.invalid/qlinkq"


@dataclass(slots=True)
class Notices:
    """Makes the letters of *publication*, from *sender* where a list has no sender of its own, each *signed*."""

    publication: Publication
    templates: Templates
    links: ServiceLinks
    sender: Mailbox
    signed: Callable[[AddressedLetter], AddressedLetter] = lambda unsigned: unsigned
    _made: dict[tuple[Notice, tuple[str, ...]], Note] = field(default_factory=dict)

    def envelope(self, claimed: ClaimedConfirmation, now: datetime) -> Envelope:
        """The letter *claimed*, ready to be posted; raises ContentError where a template is at fault."""
        lists = tuple(each for each in self.publication.lists if each.id in claimed.lists)
        link = self.links.answer(claimed.kind, claimed.person, claimed.lists, now)
        note = self.note(claimed.kind, lists)
        addressed = replace(note, html=note.html.replace(_LINK, escape(link)), text=note.text.replace(_LINK, link))
        sender = next((each.sender for each in lists if each.sender), self.sender)
        reply_to = next((each.reply_to for each in lists if each.reply_to), self.publication.mail.reply_to)
        recipient = EmailAddress.of_reader(claimed.address)
        name = f"{claimed.person} {claimed.kind.value} {claimed.number} {claimed.queued.isoformat()}"
        date = now.astimezone(self.publication.timezone)
        letter = note_letter(addressed, sender, reply_to, recipient, name=name, date=date)
        return Envelope(EmailAddress.parse(sender.address), recipient, self.signed(letter).wire())

    def rehearse(self) -> None:
        """Make a letter of each kind; raises ContentError where a template is at fault, before anybody waits for it."""
        for kind in Notice:
            self.note(kind, self.publication.lists[:1] if kind is Notice.CONFIRM else ())

    def note(self, kind: Notice, lists: tuple[MailingList, ...]) -> Note:
        """A letter of *kind* about *lists*, its link still to be put in."""
        key = kind, tuple(each.id for each in lists)
        if key not in self._made:
            self._made[key] = self._note(kind, lists)
        return self._made[key]

    def _note(self, kind: Notice, lists: tuple[MailingList, ...]) -> Note:
        values = {
            "publication": self.publication,
            "look": self.publication.look,
            "language": self.publication.language,
            "direction": self.publication.direction,
            "kind": kind.value,
            "lists": lists,
            "link": _LINK,
            "letter_width": self.publication.look.width,
            "text_width": self.publication.look.text_width,
            "text_columns": WIDTH,
        }
        subject = " ".join(self.templates.fill(SUBJECT, values).split())
        try:
            html = inlined(self.templates.fill(HTML, {**values, "subject": subject}))
        except Unreadable as error:
            raise ContentError([Problem(self.templates.place(HTML), "style-sheet", str(error))]) from error
        text = tidy(self.templates.fill(TEXT, {**values, "subject": subject}))
        return Note(subject, html, text, self.publication.language)

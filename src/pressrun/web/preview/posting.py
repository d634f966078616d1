"""Tests of letters, sent from the preview to the people whom the environment names."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from pressrun.model.mailserver import MailServer
from pressrun.model.problems import DeliveryError
from pressrun.model.publication import Publication
from pressrun.model.recipient import Recipient
from pressrun.post.delivery.interface import Transport
from pressrun.post.sending.letter import Ready, SettledRecipient, addressed, post
from pressrun.press.newsletter.message import AddressedLetter
from pressrun.web.preview.state import PreviewState, Proof


def _nobody(_publication: Publication) -> Callable[[AddressedLetter], AddressedLetter]:
    return lambda letter: letter


@dataclass(frozen=True, slots=True)
class Postroom:
    """Sends tests to *recipients*, through what *transport* opens for the server that publication.yaml names.

    *closed* says why there are no recipients, where that is so. *transport* raises DeliveryError where there is no
    server to send through; *signer* gives what signs the letters of a publication, and raises it where it has no key.
    """

    recipients: tuple[Recipient, ...]
    transport: Callable[[MailServer], AbstractContextManager[Transport]]
    closed: str | None = None
    signer: Callable[[Publication], Callable[[AddressedLetter], AddressedLetter]] = _nobody

    def why_not(self, state: PreviewState, proof: Proof) -> str | None:
        """What speaks against sending *proof*, a letter of *state*, as a sentence; None where nothing does."""
        publication = state.publication
        if not state.is_good or publication is None:
            return "The latest save cannot be built, and this is the letter from before it."
        if any(problem.position.file in (proof.file, *proof.made_of) for problem in state.invalid):
            return "This edition has errors, or a story in it, and this is the letter from before them."
        if self.closed is not None:
            return self.closed
        if publication.mail.sender is None:
            return "Letters have no sender: write mail: and below it from: into content/publication.yaml."
        try:
            self.transport(publication.mail.server)
            self.signer(publication)
        except DeliveryError as error:
            return str(error)
        return None

    def sent(self, state: PreviewState, proof: Proof, now: datetime) -> list[SettledRecipient]:
        """What became of a test of *proof*, the letter as it is shown, for each of the recipients.

        Raises DeliveryError where nothing can be sent.
        """
        if reason := self.why_not(state, proof):
            raise DeliveryError(reason)
        publication = state.publication
        assert publication is not None
        assert publication.mail.sender is not None
        letter = Ready(publication, proof.rendered, proof.newsletter, publication.mail.sender, (), ())
        with self.transport(publication.mail.server) as transport:
            return list(post(addressed(letter, self.recipients, now, self.signer(publication)), transport))

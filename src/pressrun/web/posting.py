"""Tests of letters, sent from the preview to the people whom the environment names."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from pressrun.delivery.interface import Transport
from pressrun.model.mailserver import MailServer
from pressrun.model.publication import Publication
from pressrun.model.recipient import Recipient
from pressrun.newsletter.message import Letter
from pressrun.problems import DeliveryError
from pressrun.send import Ready, Settlement, addressed, post
from pressrun.showing import Proof, State


def _nobody(_publication: Publication) -> Callable[[Letter], Letter]:
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
    signer: Callable[[Publication], Callable[[Letter], Letter]] = _nobody

    def why_not(self, state: State) -> str | None:
        """What speaks against sending a letter of *state*, as a sentence; None where nothing does."""
        publication = state.publication
        if not state.is_good or publication is None:
            return "The latest save cannot be built, and this is the letter from before it."
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

    def sent(self, state: State, proof: Proof, now: datetime) -> list[Settlement]:
        """What became of a test of *proof*, the letter as it is shown, for each of the recipients.

        Raises DeliveryError where nothing can be sent.
        """
        if reason := self.why_not(state):
            raise DeliveryError(reason)
        publication = state.publication
        assert publication is not None
        assert publication.mail.sender is not None
        letter = Ready(publication, proof.rendered, proof.newsletter, publication.mail.sender, (), ())
        with self.transport(publication.mail.server) as transport:
            return list(post(addressed(letter, self.recipients, now, self.signer(publication)), transport))

"""The pages of the service, filled from the publication's templates."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from starlette.responses import HTMLResponse, Response

from pressrun.model.moments import EPOCH
from pressrun.model.publication import MailingList, Publication, ServiceSettings
from pressrun.model.subscriber import Person
from pressrun.rendering.templates import Templates
from pressrun.web.service.guard import page_policy

TEMPLATE, FORM = "service.html", "subscribe-form.html"
VIEWS = (
    *("subscribe", "asked", "confirm", "confirmed", "expired", "leave", "left", "manage", "sent", "erased", "data"),
    *("limited", "missing", "trouble", "bad"),
)
# What a template can rely on being given, whatever the page.
NOTHING: dict[str, Any] = {
    "told": "",
    "address": "",
    "stamp": "",
    "chosen": [],
    "lists": [],
    "list": None,
    "person": None,
    "pauses": {},
    "days": ("", ""),
    "entries": [],
    "titles": {},
    "file": "",
    "again": "",
    "is_own_link": False,
    "senders": (),
    "left_all": False,
}


@dataclass(frozen=True, slots=True)
class ServicePages:
    """Makes the pages of *publication*; *follow* is the page of its site that explains feeds."""

    publication: Publication
    service: ServiceSettings
    templates: Templates
    follow: str

    def page(self, view: str, status: int = 200, headers: dict[str, str] | None = None, **values: Any) -> Response:
        """The page *view*, one of VIEWS; raises ContentError where a template is at fault."""
        html = self.html(view, **values)
        return HTMLResponse(html, status, {"Content-Security-Policy": page_policy(html), **(headers or {})})

    def html(self, view: str, **values: Any) -> str:
        """The same as text."""
        return self.templates.fill(TEMPLATE, {**self._shared(), **NOTHING, "view": view, **values})

    def rehearse(self) -> None:
        """Fill every page once; raises ContentError where a template is at fault, before anybody else sees it."""
        for view in VIEWS:
            person = Person("", "ada@reader.example", EPOCH) if view in ("manage", "data") else None
            self.html(view, person=person)
        self.html("manage")

    def snippet(self) -> str:
        """The form to subscribe with, for a page anywhere."""
        return self.templates.fill(FORM, self._shared())

    def _shared(self) -> dict[str, Any]:
        return {
            "publication": self.publication,
            "look": self.publication.look,
            "language": self.publication.language,
            "direction": self.publication.direction,
            "feeds": (),
            "subscribe_url": self.follow,
            "canonical": self.service.address,
        }

    def senders_of(self, lists: Iterable[MailingList]) -> tuple[str, ...]:
        """The addresses that emails of *lists* come from, each once."""
        mailboxes = (each.sender or self.publication.mail.sender for each in lists)
        return tuple(dict.fromkeys(each.address for each in mailboxes if each is not None))

    def list_called(self, name: str) -> MailingList:
        """The list *name*, which the publication need not have any more."""
        return next((each for each in self.publication.lists if each.id == name), MailingList(name, name))

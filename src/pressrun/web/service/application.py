"""The subscription service as an application: its addresses, and what each of them does (RFC 8058 among it).

GET and HEAD change nothing, whoever follows a link: what changes something is a POST that a person, or their mail
program, makes on purpose.
"""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

from anyio import CapacityLimiter, to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from pressrun.circulation.consent import ask, ask_for_link, confirm, erase, join, leave, leave_all, prefer, rename
from pressrun.circulation.dossiers import Dossier, dossier, record_of
from pressrun.circulation.store.engine import Store
from pressrun.circulation.subscribers.addresses import address_from
from pressrun.circulation.subscribers.links import UNSUBSCRIBE_NAMES
from pressrun.circulation.subscribers.probe import HEADER
from pressrun.circulation.subscribers.refusals import why_refused
from pressrun.circulation.subscribers.tokens import NOBODY, Grant, Purpose, SignedTokens
from pressrun.model.consent import EVERY_LIST, ConsentSource
from pressrun.model.mailaddress import EmailAddress
from pressrun.model.notice import Notice
from pressrun.model.problems import PressrunError, StoreError
from pressrun.model.publication import MailingList
from pressrun.model.subscriber import PAUSED, Complained, Confirmed, Person, pause_text
from pressrun.web.service.forms import Submission, submission_of
from pressrun.web.service.guard import Log, ServiceGuard
from pressrun.web.service.limits import WINDOW, FormLimits
from pressrun.web.service.pages import ServicePages
from pressrun.web.service.poster import Poster
from pressrun.web.service.requests import STEP, even, evenly, evidence_of, ip_of

# Nobody types an address and reads what they agree to in less.
LEAST_FILL = timedelta(seconds=2)
LONGEST_ADDRESS, LONGEST_NAME = 320, 200
# Whoever wants no letters for longer can leave.
LONGEST_PAUSE = timedelta(days=366)
HONEYPOT = "website"
ONE_CLICK = ("List-Unsubscribe", "One-Click")
SERVERS_AT_ONCE = 8  # PostgreSQL takes several writers at once, SQLite one
AnyResult = TypeVar("AnyResult")


class _Answered(Exception):
    """There is nothing more to do: this is the answer."""

    def __init__(self, response: Response) -> None:
        self.response = response


@dataclass(slots=True)
class Service:
    """The service of one publication; *clock* gives the moment, and *step* evens out how long answers take."""

    pages: ServicePages
    store: Store
    tokens: SignedTokens
    poster: Poster
    clock: Callable[[], datetime]
    log: Log
    step: float = STEP
    limits: FormLimits = field(default_factory=FormLimits)
    threads: CapacityLimiter = field(init=False)

    def __post_init__(self) -> None:
        self.threads = CapacityLimiter(SERVERS_AT_ONCE if self.store.is_postgresql else 1)

    def application(self) -> ASGIApp:
        """It as an ASGI application, whose lifespan is the poster's."""
        base = urlsplit(self.pages.service.address).path
        both, leaving = ["GET", "POST"], even(self.step, self._leave, "POST")
        routes = [
            Route(base, self._form),
            Route(f"{base}subscribe", self._subscribe, methods=["POST"]),
            Route(f"{base}subscribe", self._form),  # whoever asks once more for what a mistake led to
            Route(f"{base}asked", self._asked),
            Route(f"{base}confirm/{{token}}", even(self.step, self._confirm, "POST"), methods=both),
            *(Route(f"{base}{name}/{{token}}", leaving, methods=both) for name in UNSUBSCRIBE_NAMES),
            Route(f"{base}manage", self._link, methods=both),
            Route(f"{base}sent", self._sent),
            Route(f"{base}manage/{{token}}", even(self.step, self._manage, *both), methods=both),
            Route(f"{base}data/{{token}}", even(self.step, self._data, "GET")),
            Route(f"{base}data/{{token}}/file", even(self.step, self._file, "GET")),
            Route(f"{base}health", self._health),
        ]
        handlers: dict[Any, Any] = {
            _Answered: self._said,
            HTTPException: self._refused,
            PressrunError: self._out_of_order,
            Exception: self._broken,
        }
        application = Starlette(routes=routes, exception_handlers=handlers, lifespan=self._life)
        # It would lead to whatever host the request named.
        application.router.redirect_slashes = False
        return ServiceGuard(application, self.log)

    @asynccontextmanager
    async def _life(self, _: Starlette) -> AsyncIterator[None]:
        self.poster.start()
        yield
        await to_thread.run_sync(self.poster.stop)

    # Subscribing

    async def _form(self, request: Request) -> Response:
        """The form to subscribe with."""
        chosen = request.query_params.getlist("list")
        return self.pages.page("subscribe", stamp=self.tokens.stamp(self.clock()), chosen=chosen)

    async def _subscribe(self, request: Request) -> Response:
        """Somebody wants an address on lists; what is answered is the same whoever it is."""
        form = await submission_of(request)
        known = self.pages.publication.lists
        lists = [each for each in known if each.id in form.all("list")] or (list(known) if len(known) == 1 else [])
        values = {"chosen": [each.id for each in lists]}
        address = self._address(request, form, "subscribe", values)
        if not lists:
            raise _Answered(self._again("subscribe", form, "wrong_list", 422))
        async with evenly(self.step):
            evidence = evidence_of(request, ConsentSource.FORM)
            answer = await self._in_store(ask, self.store, address, lists, evidence, self.clock())
            self.poster.wake()
            self.log(f"subscribe {self.tokens.trace(address.identity)}: {answer.outcome.value}")
        return self._see("asked")

    def _address(self, request: Request, form: Submission, view: str, values: dict[str, Any]) -> EmailAddress:
        """The address in *form*, which a person filled in; else raises _Answered with what they are told.

        That depends on the place that the request comes from and on what is written in the form: never on the store.
        """
        now = self.clock()
        if form.one(HONEYPOT):
            self.log("a field was filled in that nobody sees")
            raise _Answered(self._see("asked" if view == "subscribe" else "sent"))
        places = self.limits.subscribe if view == "subscribe" else self.limits.links
        if not places.allow(ip_of(request), now):
            self.poster.alerts.add(f"the limit of requests to {view} from one place is reached: {{count}} were refused")
            raise _Answered(self._limited())
        try:
            address = address_from(form.one("email")[:LONGEST_ADDRESS])
        except ValueError:
            raise _Answered(self._again(view, form, "wrong_address", 422, **values)) from None
        refused = why_refused(address, self.pages.service) if view == "subscribe" else None
        if refused is not None:
            raise _Answered(self._again(view, form, refused.value, 422, **values))
        age = self.tokens.stamped(form.one("stamp"), now)
        if age is None or age < LEAST_FILL:
            # A form on another site has no stamp, and a person may be quick: neither is lost.
            raise _Answered(self._again(view, form, "again", 200, **values))
        return address

    def _again(self, view: str, form: Submission, told: str, status: int, **values: Any) -> Response:
        now = self.clock()
        age = self.tokens.stamped(form.one("stamp"), now)
        stamp = form.one("stamp") if age is not None else self.tokens.stamp(now)
        address = form.one("email")[:LONGEST_ADDRESS]
        return self.pages.page(view, status, told=told, address=address, stamp=stamp, **values)

    def _see(self, name: str) -> Response:
        return RedirectResponse(f"{self.pages.service.address}{name}", 303)

    def _limited(self) -> Response:
        return self.pages.page("limited", 429, {"Retry-After": str(int(WINDOW.total_seconds()))})

    async def _asked(self, request: Request) -> Response:
        """What everybody sees who asked for a subscription."""
        return self.pages.page("asked")

    async def _confirm(self, request: Request) -> Response:
        """The page that the letter leads to, and the yes of whoever presses its button."""
        grant = self._grant(Purpose.CONFIRM, request)
        lists = [each for each in self.pages.publication.lists if grant is not None and each.id in grant.lists]
        if grant is None or not lists:
            return self._expired()
        if request.method != "POST":
            return self.pages.page("confirm", lists=lists)
        await submission_of(request)
        evidence = evidence_of(request, ConsentSource.LETTER)
        moves = await self._in_store(confirm, self.store, grant.person, lists, evidence, self.clock())
        if not any(isinstance(each.after, Confirmed) for each in moves or ()):
            return self._expired()
        self.log(f"confirmed {self.tokens.trace(grant.person)}")
        return self.pages.page("confirmed", lists=lists, senders=self.pages.senders_of(lists))

    def _expired(self, where: str = "") -> Response:
        return self.pages.page("expired", 410, again=f"{self.pages.service.address}{where}", is_own_link=bool(where))

    # Leaving

    async def _leave(self, request: Request) -> Response:
        """The page that every letter leads to, and RFC 8058's POST; whoever has the link can leave, and do no more."""
        grant = self._grant(Purpose.LEAVE, request)
        if grant is None:
            return self.pages.page("missing", 404)
        if grant.person == NOBODY:
            return await self._probe(request)
        mailing_list = self.pages.list_called(grant.lists[0])
        if request.method != "POST":
            return self.pages.page("leave", list=mailing_list)
        form = await submission_of(request)
        now = self.clock()
        match form.one("answer"):
            case "all":
                await self._in_store(leave_all, self.store, grant.person, evidence_of(request, ConsentSource.PAGE), now)
            case "list":
                await self._left(grant, mailing_list, request, ConsentSource.PAGE)
            case _ if ONE_CLICK in form.fields:
                await self._left(grant, mailing_list, request, ConsentSource.ONE_CLICK)
            case _:
                return self.pages.page("leave", 400, list=mailing_list)
        self.log(f"left {self.tokens.trace(grant.person)}")
        again = f"{self.pages.service.address}?list={mailing_list.id}"
        return self.pages.page("left", list=mailing_list, left_all=form.one("answer") == "all", again=again)

    async def _probe(self, request: Request) -> Response:
        """The answer to a probe of the links, which touches nothing: it proves that this service has the key."""
        if request.method == "POST":
            await submission_of(request)
        proof = self.tokens.proof(request.path_params["token"])
        return PlainTextResponse("This unsubscribe link is a test. It belongs to nobody.\n", headers={HEADER: proof})

    async def _left(self, grant: Grant, mailing_list: MailingList, request: Request, way: ConsentSource) -> None:
        evidence = evidence_of(request, way)
        await self._in_store(leave, self.store, grant.person, mailing_list.id, evidence, self.clock())

    # What somebody may see and change of their own, with a link that is fresh

    async def _link(self, request: Request) -> Response:
        """The form to ask for such a link, which goes to the address alone."""
        if request.method != "POST":
            return self.pages.page("manage", stamp=self.tokens.stamp(self.clock()))
        form = await submission_of(request)
        address = self._address(request, form, "manage", {})
        kind = Notice.DATA if form.one("kind") == Notice.DATA.value else Notice.MANAGE
        async with evenly(self.step):
            await self._in_store(ask_for_link, self.store, address, kind, self.clock())
            self.poster.wake()
            self.log(f"link {self.tokens.trace(address.identity)}")
        return self._see("sent")

    async def _sent(self, request: Request) -> Response:
        """What everybody sees who asked for a link."""
        return self.pages.page("sent")

    async def _manage(self, request: Request) -> Response:
        """What somebody gets, and their name; and the way to have all of it deleted."""
        person = (await self._own(Purpose.MANAGE, request)).person
        assert person is not None
        if request.method != "POST":
            return self._preferences(person)
        form = await submission_of(request)
        evidence, now = evidence_of(request, ConsentSource.PAGE), self.clock()
        match form.one("answer"):
            case "save":
                pauses = self._pauses(form)
                if pauses is None:
                    return self._preferences(person, "wrong_date", 422)
                await self._in_store(self._change, person, form, pauses, request)
            case "leave":
                await self._in_store(leave_all, self.store, person.id, evidence, now)
            case "erase":
                await self._in_store(erase, self.store, address_from(person.address), evidence, now)
                self.log(f"erased {self.tokens.trace(person.id)}")
                return self.pages.page("erased")
            case _:
                return self._preferences(person, status=400)
        self.log(f"changed {self.tokens.trace(person.id)}")
        changed = (await self._own(Purpose.MANAGE, request)).person
        assert changed is not None
        return self._preferences(changed, told="saved")

    def _pauses(self, form: Submission) -> dict[str, datetime] | None:
        """Until when *form* wants no letters of which list; None where something in it is no day of the next year."""
        zone, now = self.pages.publication.timezone, self.clock()
        pauses = {}
        for each in self.pages.publication.lists:
            if written := form.one(f"pause-{each.id}").strip():
                try:
                    until = datetime.combine(date.fromisoformat(written), time(), zone)
                except ValueError:
                    return None
                if until.date() > now.astimezone(zone).date() + LONGEST_PAUSE:
                    return None
                pauses[each.id] = until
        return pauses

    def _change(self, person: Person, form: Submission, pauses: dict[str, datetime], request: Request) -> None:
        evidence, now = evidence_of(request, ConsentSource.PAGE), self.clock()
        name = "".join(sign for sign in form.one("name") if sign.isprintable()).strip()[:LONGEST_NAME]
        if name != person.name:
            rename(self.store, person.id, name)
        for each in self.pages.publication.lists:
            is_wanted = each.id in form.all("list")
            if is_wanted and not isinstance(person.standing(each.id), Confirmed):
                join(self.store, person.id, each, evidence, now)
            elif not is_wanted and person.standing(each.id) is not None:
                leave(self.store, person.id, each.id, evidence, now)
        for membership in person.memberships:
            name = membership.list
            if name in form.all("list") and any(key == f"pause-{name}" for key, _ in form.fields):
                until = pauses.get(name)
                kept = {key: value for key, value in membership.preferences.items() if key != PAUSED}
                build_request = {**kept, PAUSED: pause_text(until)} if until is not None and until > now else kept
                if build_request != membership.preferences:
                    prefer(self.store, person.id, name, build_request)

    def _preferences(self, person: Person, told: str = "", status: int = 200) -> Response:
        standings = {each.list: each.standing for each in person.memberships}
        chosen = [name for name, standing in standings.items() if isinstance(standing, Confirmed)]
        if any(isinstance(standing, Complained) for standing in standings.values()):
            told = "complained"
        today = self.clock().astimezone(self.pages.publication.timezone).date()
        days = (today + timedelta(days=1)).isoformat(), (today + LONGEST_PAUSE).isoformat()
        pauses = self._under_way(person)
        return self.pages.page("manage", status, person=person, chosen=chosen, told=told, pauses=pauses, days=days)

    def _under_way(self, person: Person) -> dict[str, datetime]:
        """Until when *person* wants no letters of which list, in the publication's time zone."""
        zone, now = self.pages.publication.timezone, self.clock()
        return {
            each.list: each.paused.astimezone(zone)
            for each in person.memberships
            if each.paused is not None and each.paused > now
        }

    async def _data(self, request: Request) -> Response:
        """What is kept of somebody, for them to read."""
        found = await self._own(Purpose.DATA, request)
        file = f"{self.pages.service.address}data/{request.path_params['token']}/file"
        titles = {each.id: each.title for each in self.pages.publication.lists}
        titles[EVERY_LIST] = self.pages.publication.title
        assert found.person is not None
        pauses = self._under_way(found.person)
        return self.pages.page(
            "data", person=found.person, entries=found.entries, titles=titles, pauses=pauses, file=file
        )

    async def _file(self, request: Request) -> Response:
        """The same as a file."""
        told = record_of(await self._own(Purpose.DATA, request))
        content = json.dumps(told, ensure_ascii=False, indent=2) + "\n"
        disposition = {"Content-Disposition": 'attachment; filename="my-data.json"'}
        return Response(content, 200, disposition, "application/json")

    async def _own(self, purpose: Purpose, request: Request) -> Dossier:
        """What is kept of whoever has a link for *purpose*; raises _Answered where it is not good any more."""
        grant = self._grant(purpose, request)
        found = await self._in_store(dossier, self.store, grant.person) if grant is not None else None
        if found is None or found.person is None:
            raise _Answered(self._expired("manage"))
        return found

    async def _health(self, request: Request) -> Response:
        """Whether the store answered when it was asked last, by a request or for the queue, at most a minute ago.

        It is not asked now: how long that takes would show what others' requests have it do.
        """
        if self.poster.store_answers:
            return PlainTextResponse("ok\n")
        return PlainTextResponse("the store does not answer\n", 503, {"Retry-After": "60"})

    def _grant(self, purpose: Purpose, request: Request) -> Grant | None:
        return self.tokens.read(purpose, request.path_params["token"], self.clock())

    async def _in_store(self, move: Callable[..., AnyResult], *arguments: Any) -> AnyResult:
        try:
            result = await to_thread.run_sync(lambda: move(*arguments), limiter=self.threads)
        except StoreError:
            self.poster.store_answers = False
            raise
        self.poster.store_answers = True
        return result

    async def _said(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, _Answered)
        return error.response

    async def _refused(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        view = "missing" if error.status_code == 404 else "bad"
        return self.pages.page(view, error.status_code, dict(error.headers or {}))

    async def _out_of_order(self, request: Request, error: Exception) -> Response:
        self.log(f"error: {error if isinstance(error, StoreError) else type(error).__name__}")
        return self.pages.page("trouble", 503, {"Retry-After": "60"})

    async def _broken(self, request: Request, error: Exception) -> Response:
        return self.pages.page("trouble", 500)

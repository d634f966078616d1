"""The preview's addresses: what each of them shows of the latest State."""

import functools
import hashlib
import hmac
import itertools
import posixpath
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from pressrun.content.source.files import STORY_ENDINGS
from pressrun.desk.checking.diff import NoBaseline
from pressrun.manual.codes import pages as code_pages
from pressrun.model.picture import guessed_type
from pressrun.model.problems import ContentError, DeliveryError
from pressrun.model.publication import Publication
from pressrun.post.sending.letter import SettledRecipient
from pressrun.press.feeds.reader import Item, Read, read
from pressrun.press.newsletter.size import size_of
from pressrun.rendering.markdown import html_of
from pressrun.web.preview.guard import FRAME_POLICY
from pressrun.web.preview.letter import (
    CHOICES,
    DESKTOP,
    PHONE,
    SUBSCRIBER,
    TITLES,
    Looks,
    bar_of,
    filled,
    inbox_lines,
    shown_html,
    with_pictures_from_here,
)
from pressrun.web.preview.live import Live
from pressrun.web.preview.pages import PreviewPages, marked, moment
from pressrun.web.preview.posting import Postroom
from pressrun.web.preview.state import PreviewState, Proof, since_last_build

ON_A_PAGE = 50
# Somebody who waits for news is told that it is still there, or nobody would notice that the line broke.
HEARTBEAT = 15
# So much of a feed's source is shown on its page; the whole of it is a click away.
SOURCE_SHOWN = 200_000
VIEWS = {
    "": "On screens",
    "looks": "All looks",
    "inbox": "In the inbox",
    "text": "Plain text",
    "source": "Source",
    "compare": "Since the last build",
}
STATIC = {"preview.css": "text/css", "preview.js": "text/javascript", "icon.svg": "image/svg+xml"}
ARTICLE = """\
<!DOCTYPE html><html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>
<meta name="color-scheme" content="light dark"><style>
body {{ font: 18px/1.6 Georgia, serif; margin: 0 auto; padding: 24px; max-width: 40em; overflow-wrap: anywhere }}
h1 {{ font-size: 28px; line-height: 1.25 }} img {{ max-width: 100%; height: auto }} pre {{ overflow-x: auto }}
.by {{ opacity: .8; font: 15px/1.5 system-ui, sans-serif }}
</style></head><body><h1>{title}</h1><p class="by">{by}</p>{content}</body></html>
"""


@dataclass(frozen=True, slots=True)
class SentTest:
    """What became of a test that was sent: of each recipient, or the one thing that kept it from being sent."""

    settlements: tuple[SettledRecipient, ...] = ()
    trouble: str | None = None


@dataclass(slots=True)
class Preview:
    """The pages of one preview; *token* is what its own forms bring along, and those of others cannot know."""

    live: Live
    postroom: Postroom
    built: Path
    clock: Callable[[], datetime]
    token: str
    pages: PreviewPages = field(default_factory=PreviewPages)
    _told: dict[int, SentTest] = field(default_factory=dict)
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def application(self) -> Starlette:
        """All of it as an application (ASGI), which follows what is saved as long as it runs."""
        routes = [
            Route("/", self.desk),
            Route("/findings/", self.findings),
            Route("/letters/", self.latest_letter),
            Route("/letters/{slug}/frame", self.letter_frame),
            Route("/letters/{slug}/test", self.send, methods=["POST"]),
            Route("/letters/{slug}/", self.letter),
            Route("/letters/{slug}/{view}", self.letter),
            Route("/feed/", self.feed),
            Route("/feed/source", self.feed_source),
            Route("/feed/changes", self.feed_changes),
            Route("/feed/article", self.article),
            Route("/documents/{path:path}", self.document),
            Route("/pictures/{path:path}", self.picture),
            Route("/files/{file:path}", self.file),
            Route("/codes/{code}", self.code),
            Route("/static/{name}", self.static),
            Route("/events", self.events),
        ]

        def lifespan(_application: Starlette) -> AbstractAsyncContextManager[None]:
            return self.live.followed()

        return Starlette(routes=routes, lifespan=lifespan, exception_handlers={404: self.nothing_here})

    def _page(self, template: str, state: PreviewState, status: int = 200, **values: Any) -> HTMLResponse:
        latest = next((edition for edition in state.editions if edition.slug in state.proofs), None)
        known = {"state": state, "publication": state.publication, "latest": latest, "part": template.partition(".")[0]}
        return HTMLResponse(self.pages.fill(template, known | values), status)

    def nothing_here(self, _request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        message = error.detail if error.detail != "Not Found" else "There is nothing here."
        return self._page("nothing.html", self.live.state, 404, message=message)

    # The desk

    def desk(self, request: Request) -> Response:
        state = self.live.state
        build_request = request.query_params.get("find", "").strip()
        found = [
            piece for piece in state.stories if build_request.casefold() in f"{piece.title} {piece.file}".casefold()
        ]
        pages = max(1, -(-len(found) // ON_A_PAGE))
        page = min(max(_number(request.query_params.get("page")), 1), pages)
        counts: dict[str, int] = {}
        for problem in {*state.problems, *state.broken}:
            counts[problem.position.file] = counts.get(problem.position.file, 0) + 1
        shown = found[(page - 1) * ON_A_PAGE : page * ON_A_PAGE]
        return self._page(
            "desk.html",
            state,
            stories=shown,
            find=build_request,
            page=page,
            pages=pages,
            count=len(found),
            counts=counts,
        )

    def findings(self, request: Request) -> Response:
        state = self.live.state
        file = request.query_params.get("file", "")
        problems = [problem for problem in state.problems if file in ("", problem.position.file)]
        return self._page("findings.html", state, problems=problems, file=file)

    def file(self, request: Request) -> Response:
        state = self.live.state
        name = request.path_params["file"]
        if name not in state.texts:
            raise HTTPException(404, "This file is not there, or nobody wrote it here.")
        text = _bytes_of(state.texts[name]).decode("utf-8", "replace")
        problems: dict[int, list[Any]] = {}
        for problem in dict.fromkeys([*state.broken, *state.problems]):
            if problem.position.file == name:
                problems.setdefault(problem.position.line, []).append(problem)
        return self._page("file.html", state, name=name, lines=text.splitlines(), problems=problems)

    def code(self, request: Request) -> Response:
        page = code_pages().get(request.path_params["code"])
        if page is None:
            raise HTTPException(404, "There is no such code.")
        return self._page("code.html", self.live.state, page=page, text=marked(html_of(page.text)))

    # Letters

    def latest_letter(self, _request: Request) -> Response:
        state = self.live.state
        for edition in state.editions:
            if edition.slug in state.proofs:
                return RedirectResponse(f"/letters/{edition.slug}/")
        return self._page("nothing.html", state, 200, message="No edition makes a letter yet.")

    def letter(self, request: Request) -> Response:
        state = self.live.state
        view = request.path_params.get("view", "")
        if view not in VIEWS:
            raise HTTPException(404)
        publication, proof = self._proof(state, request)
        looks = Looks.of(request.query_params)
        letter = filled(publication, proof, looks)
        others = {
            problem.position.file for problem in state.problems if not problem.position.file.endswith(STORY_ENDINGS)
        }
        values: dict[str, Any] = {"changes": since_last_build(self.built, proof)} if view == "compare" else {}
        return self._page(
            "letter.html",
            state,
            proof=proof,
            letter=letter,
            looks=looks,
            view=view,
            views=VIEWS,
            choices=CHOICES,
            titles=TITLES,
            widths=(PHONE, DESKTOP),
            bar=bar_of(size_of(proof.files["newsletter.html"].decode())),
            problems=state.problems_in(*proof.made_of, *others),
            version=_version(letter.html),
            inbox=inbox_lines(letter),
            subscriber=SUBSCRIBER,
            message=proof.files.get("newsletter.eml", b"").decode("ascii"),
            postroom=self.postroom,
            why_not=self.postroom.why_not(state, proof),
            token=self.token,
            told=self._told.get(_number(request.query_params.get("told"))),
            **values,
        )

    def letter_frame(self, request: Request) -> Response:
        state = self.live.state
        publication, proof = self._proof(state, request)
        looks = Looks.of(request.query_params)
        html = shown_html(filled(publication, proof, looks).html, publication.home, looks)
        return _framed(html, pictures=looks.pictures == "shown")

    async def send(self, request: Request) -> Response:
        form = parse_qs((await request.body()).decode("utf-8", "replace"))
        if not hmac.compare_digest(form.get("token", [""])[0].encode(), self.token.encode()):
            return PlainTextResponse("This form is not one of this preview; load the page again.\n", 403)
        state = self.live.state
        _, proof = self._proof(state, request)
        try:
            settlements = await run_in_threadpool(self.postroom.sent, state, proof, self.clock())
            told = SentTest(tuple(settlements))
        except DeliveryError as error:
            told = SentTest(trouble=str(error))
        number = next(self._numbers)
        self._told = {number: told}
        return RedirectResponse(f"/letters/{proof.rendered.slug}/?told={number}#test", 303)

    def _proof(self, state: PreviewState, request: Request) -> tuple[Publication, Proof]:
        proof = state.proofs.get(request.path_params["slug"])
        if proof is None or state.publication is None:
            raise HTTPException(
                404, "There is no letter of this name; the edition may have been renamed or cannot be made."
            )
        return state.publication, proof

    # Feeds

    def feed(self, request: Request) -> Response:
        state = self.live.state
        path = self._path(state, request)
        found = _read(state.documents[path]) if path else None
        number = _number(request.query_params.get("entry", "0"))
        items = found.items if found else ()
        opened = items[number] if 0 <= number < len(items) else None
        version = _version(opened.content + opened.title) if opened else ""
        return self._page(
            "feed.html", state, path=path, feed=found, opened=opened, number=number, version=version, view="entries"
        )

    def article(self, request: Request) -> Response:
        state = self.live.state
        path = self._path(state, request)
        found = _read(state.documents[path]) if path else None
        items = found.items if found else ()
        number = _number(request.query_params.get("entry"))
        if not 0 <= number < len(items) or state.publication is None:
            raise HTTPException(404)
        return _framed(_article(items[number], state.publication))

    def feed_source(self, request: Request) -> Response:
        state = self.live.state
        path = self._path(state, request)
        text = state.documents[path].decode("utf-8", "replace") if path else ""
        is_cut = len(text) > SOURCE_SHOWN
        shown, size = text[:SOURCE_SHOWN], len(text.encode())
        return self._page("feed.html", state, path=path, view="source", text=shown, is_cut=is_cut, size=size)

    def feed_changes(self, request: Request) -> Response:
        state = self.live.state
        report, why_not = None, "nothing can be compared yet"
        try:
            report = state.difference() if state.difference else None
        except NoBaseline as error:
            why_not = str(error)
        except ContentError:
            why_not = "the content has errors"
        return self._page(
            "feed.html", state, path=self._path(state, request), view="changes", report=report, why_not=why_not
        )

    def document(self, request: Request) -> Response:
        data = self.live.state.documents.get(request.path_params["path"])
        if data is None:
            raise HTTPException(404)
        return PlainTextResponse(data)

    def _path(self, state: PreviewState, request: Request) -> str:
        """The document that is asked for, else the first there is; empty where there is none."""
        asked = request.query_params.get("path", "")
        return asked if asked in state.documents else next(iter(state.feeds), "")

    # What pages are made of

    def picture(self, request: Request) -> Response:
        path = posixpath.normpath(request.path_params["path"])
        found = self.live.state.pictures.get(path)
        if found is None:
            raise HTTPException(404)
        data = found if isinstance(found, bytes) else _bytes_of(found)
        headers = {"Content-Security-Policy": FRAME_POLICY.format(pictures="'none'")}
        return Response(data, media_type=guessed_type(path), headers=headers)

    def static(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in STATIC:
            raise HTTPException(404)
        place = resources.files("pressrun") / "web" / "preview" / "static" / name
        return Response(place.read_bytes(), media_type=STATIC[name])

    def events(self, _request: Request) -> Response:
        """The number of every State from now on (server-sent events)."""

        async def numbers() -> AsyncIterator[str]:
            number = self.live.state.number
            yield f"retry: 500\ndata: {number}\n\n"
            while not self.live.is_closed:
                state = await self.live.after(number, HEARTBEAT)
                yield f"data: {state.number}\n\n" if state.number != number else ": still here\n\n"
                number = state.number

        return StreamingResponse(numbers(), media_type="text/event-stream")


@functools.lru_cache(maxsize=4)
def _read(data: bytes) -> Read | None:
    try:
        return read(data)
    except ValueError:
        return None


def _article(item: Item, publication: Publication) -> str:
    by = " · ".join(filter(None, (", ".join(item.authors), moment(item.moment), ", ".join(item.tags))))
    return ARTICLE.format(
        language=escape(publication.language),
        title=escape(item.title),
        by=escape(by),
        content=with_pictures_from_here(item.content, publication.home),
    )


def _framed(html: str, *, pictures: bool = True) -> HTMLResponse:
    policy = FRAME_POLICY.format(pictures="'self'" if pictures else "'none'")
    return HTMLResponse(html, headers={"Content-Security-Policy": policy})


def _bytes_of(place: Path) -> bytes:
    try:
        return place.read_bytes()
    except OSError as error:  # what is shown may be older than what is there
        raise HTTPException(404, "This file is not there any more.") from error


def _version(text: str) -> str:
    """What a frame's content is known by, so that it is loaded again only when it is another."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _number(text: str | None) -> int:
    """The number that *text* is; -1 for anything else."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else -1

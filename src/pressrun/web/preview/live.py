"""The latest State of a publication: made anew after every save, and swapped as a whole. The door to watchfiles."""

import asyncio
import contextlib
import traceback
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from watchfiles import awatch

from pressrun.web.preview.state import PreviewState, Showing, baseline_of

# Editors save in several steps, milliseconds apart; what comes later is the next save.
STEP, LONGEST = 15, 150
# How often it is looked whether a folder has come or gone, a build was made, or a story's time has come.
TICK = 1000


class Live:
    """The *state* of what *showing* gives for the publication in *source*, whose last build lies in *built*."""

    def __init__(self, showing: Showing, source: Path, built: Path, clock: Callable[[], datetime]) -> None:
        self._showing = showing
        self._source = source.resolve()
        self._built = built
        self._clock = clock
        self._dirty = asyncio.Event()
        self._changed = asyncio.Condition()
        self._saved: set[str] = set()
        self.is_closed = False
        self.state = showing.next(clock(), PreviewState(0))

    async def after(self, number: int, patience: float) -> PreviewState:
        """The first State that is another than the one of *number*; the same where *patience* seconds bring none."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience), self._changed:
                await self._changed.wait_for(lambda: self.is_closed or self.state.number != number)
        return self.state

    async def close(self) -> None:
        """Let nobody wait any longer."""
        self.is_closed = True
        async with self._changed:
            self._changed.notify_all()

    @contextlib.asynccontextmanager
    async def followed(self) -> AsyncIterator[None]:
        """As long as this lasts, the state follows what is saved."""
        tasks = [asyncio.create_task(self._watch()), asyncio.create_task(self._follow())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _follow(self) -> None:
        """Make one State after the other. What is saved meanwhile counts for the next, however often it is."""
        while True:
            await self._dirty.wait()
            self._dirty.clear()
            saved, self._saved = self._saved, set()
            state = await asyncio.to_thread(self._next, frozenset(saved))
            if state is not self.state and not saved:
                # It was looked for another reason, and what was saved meanwhile has been read before anybody told it.
                await asyncio.sleep(LONGEST / 1000)
                state = replace(state, moved=replace(state.moved, saved=tuple(sorted(self._saved))))
            if state is not self.state:
                async with self._changed:
                    self.state = state
                    self._changed.notify_all()

    def _next(self, saved: frozenset[str]) -> PreviewState:
        try:
            return self._showing.next(self._clock(), self.state, saved)
        except Exception as error:
            # A fault of the program's own shall be seen, and the next save need not meet it.
            traceback.print_exc()
            return replace(
                self.state,
                number=self.state.number + 1,
                trouble=f"Pressrun itself failed ({error!r}); the terminal tells more",
            )

    async def _watch(self) -> None:
        while True:
            roots = self._roots()
            if not roots:
                self._dirty.set()
                await asyncio.sleep(TICK / 1000)
                continue
            changes = awatch(
                *(root for root, _ in roots),
                watch_filter=None,
                debounce=LONGEST,
                step=STEP,
                rust_timeout=TICK,
                yield_on_timeout=True,
            )
            self._dirty.set()
            is_first = True
            async with contextlib.aclosing(changes):
                async for each in changes:
                    self._notice(path for _, path in each)
                    # What was saved before anybody watched is nobody's change.
                    if is_first or self._is_due():
                        self._dirty.set()
                    is_first = False
                    if self._roots() != roots:
                        break

    def _notice(self, paths: Iterable[str]) -> None:
        for path in paths:
            self._saved.add(Path(path).relative_to(self._source).as_posix())
            self._dirty.set()

    def _is_due(self) -> bool:
        """Whether something may be another although nothing was saved."""
        state = self.state
        is_later = state.due is not None and self._clock() >= state.due
        return is_later or state.trouble is not None or (state.is_good and state.baseline != baseline_of(self._built))

    def _roots(self) -> list[tuple[Path, int]]:
        """The folders to watch, each with what tells it from another of its name."""
        folders = (self._source / "content", self._source / "templates")
        return [(folder, folder.stat().st_ino) for folder in folders if folder.is_dir()]

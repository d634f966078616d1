"""What the last good versions of invalid stories and editions still show, kept where it is."""

import re
from dataclasses import dataclass
from urllib.parse import quote

from pressrun.model.output import OUTBOX, PUBLIC
from pressrun.press.building.buildstate import BuildState
from pressrun.press.building.placed import Placed
from pressrun.press.building.press import Press
from pressrun.press.building.published import Output
from pressrun.press.building.report import FEEDS, NEWSLETTER, PAGES

# The name of a picture or file that is published under what its bytes are known by.
_NAMED_AFTER_BYTES = re.compile(r"-[0-9a-f]{8,}(?:\.[A-Za-z0-9]+)?$")


@dataclass(slots=True)
class LastGoodFiles:
    """Keeps what *output* has of the last good versions of *press*. *only* are the PARTS to make."""

    press: Press
    build_state: BuildState
    placed: Placed
    output: Output
    only: frozenset[str]

    def keep_editions(self) -> None:
        """Keep the files of editions that were found in the output."""
        for source, each in self.press.validity.found_editions.items():
            for path, digest in each.files.items():
                if (NEWSLETTER if path.startswith(f"{OUTBOX}/") else PAGES) in self.only:
                    self.placed.keep_as_found(path, digest, source)

    def keep_what_they_show(self) -> None:
        """Keep the pictures and files of last good versions that are in the output, and not in content as they were."""
        shown = self._texts()
        if not shown or not self.only & {PAGES, FEEDS}:
            return
        taken = {each.path for each in self.placed.brought} | self.placed.kept.keys()
        for path, digests in sorted(self.output.files().items()):
            name = quote(path.removeprefix(f"{PUBLIC}/"))
            if path in taken or name == path or not _NAMED_AFTER_BYTES.search(path):
                continue
            origin = next((source for source, text in shown if name in text), None)
            if origin is not None and (digest := self.output.intact(path, digests)):
                self.placed.keep_as_found(path, digest, origin)

    def _texts(self) -> list[tuple[str, str]]:
        """Return the source of each last good version, with the text that names what it shows and links to."""
        press = self.press
        texts = []
        for source in press.last_good:
            form, html = self.build_state.rendering(source)
            texts.append((source, f"{form.decode('utf-8', 'replace')} {html.decode('utf-8', 'replace')}"))
        letters = [
            *((source, path) for source in press.validity.editions for path in self.letter_files(source)),
            *((source, path) for source, each in press.validity.found_editions.items() for path in each.files),
        ]
        for source, path in letters:
            if path.endswith(".html"):
                texts.append((source, self.placed.stage.bytes_of(path).decode("utf-8", "replace")))
        return texts

    def letter_files(self, source: str) -> dict[str, str]:
        """Return the digests of the files of the letter of the edition *source* that are in the output, by path."""
        if source not in self.press.editions:
            return {}
        folder = f"{OUTBOX}/{self.press.editions[source].slug}/"
        files = {path: digests for path, digests in self.output.files().items() if path.startswith(folder)}
        return {path: digest for path, digests in files.items() if (digest := self.output.intact(path, digests))}

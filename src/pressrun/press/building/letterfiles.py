"""The newsletters of a build, each made only where something that it is made of has changed."""

from collections.abc import Callable, Mapping
from dataclasses import astuple, dataclass, field

from pressrun.model.edition import RenderedEdition
from pressrun.model.output import OUTBOX, OutputFile
from pressrun.press.building.buildstate import BuildState
from pressrun.press.building.forms import from_bytes, to_bytes
from pressrun.press.building.kept import key_of
from pressrun.press.building.lastgood import LastGoodFiles
from pressrun.press.building.letters import Letters, missing_pictures
from pressrun.press.building.madefiles import MadeFiles
from pressrun.press.building.placed import Placed
from pressrun.press.building.press import Press
from pressrun.press.building.problemforms import problem_form, problem_from
from pressrun.press.building.report import MadeLetter
from pressrun.press.newsletter.size import Size


@dataclass(slots=True)
class LetterFiles:
    """Makes newsletters. *digest* gives what a file of content is known by, *made_of* a rendered story.

    *look* is what pages and newsletters depend on beside what they show, *targets* what all links can lead to.
    """

    press: Press
    build_state: BuildState
    placed: Placed
    last_good: LastGoodFiles
    digest: Callable[[str], str]
    made_of: Callable[[str], bytes]
    look: bytes
    targets: bytes
    _pictures: set[str] = field(default_factory=set)

    def make(self, letters: Letters, editions: Mapping[str, RenderedEdition]) -> None:
        """Make the newsletters of *editions*, or keep them as they are."""
        press = self.press
        if editions:
            self.placed.problems += letters.without_sender()
        for source, rendered in editions.items():
            if source in press.validity.editions:
                self._keep_letter(source)
                continue
            key = self._letter_key(source)
            kept = self.build_state.letter(source)
            if kept is not None and kept[0] == key and self._take_letter(source, *kept):
                continue
            made = letters.outbox(press.editions[source], rendered, missing_pictures(self.placed.problems))
            self.placed.keys.update((file.path, key) for file in made.files)
            pictures = tuple(picture for picture in made.pictures if self._is_first(picture.path))
            self.placed.bring(MadeFiles((*made.files, *pictures), made.problems))
            if made.letter is not None:
                self.placed.letters.append(MadeLetter(made.letter.path, made.letter.size))
                problems = [problem_form(problem) for problem in made.problems]
                # Every letter is remembered with all the pictures that it needs, those of other letters among them.
                paths = [[file.path for file in each] for each in (made.files, made.pictures)]
                self.build_state.keep_letter(source, key, to_bytes([astuple(made.letter.size), problems, *paths]))

    def _keep_letter(self, source: str) -> None:
        """Keep the letter of the last good version of an edition, where it is in the output."""
        files = self.last_good.letter_files(source)
        for path, digest in files.items():
            self.placed.keep_as_found(path, digest, source)
        kept = self.build_state.letter(source)
        if files and kept is not None:
            self.placed.letters.append(
                MadeLetter(f"{OUTBOX}/{self.press.editions[source].slug}", Size(*from_bytes(kept[1])[0]))
            )

    def _is_first(self, path: str) -> bool:
        """Whether no letter before has brought the picture *path*, or kept it."""
        is_first = path not in self._pictures
        self._pictures.add(path)
        return is_first

    def _letter_key(self, source: str) -> bytes:
        """What the letter of the edition *source* is made of."""
        carried = self.press.carried[source]
        made = [self.made_of(story.source) for story in carried.all_stories]
        shape = to_bytes([bool(carried.lead), [len(section) for section in carried.sections], len(carried.also)])
        return key_of(self.look, self.press.build_request.slots or "", self.digest(source), self.targets, shape, *made)

    def _take_letter(self, source: str, key: bytes, form: bytes) -> bool:
        """Go on with the letter of *key* and *form*, if all of it lies in its place."""
        size, problems, files, pictures = from_bytes(form)
        # A build that failed kept what it made, and what lies there is older. Pictures are named after their bytes.
        if not all(self.placed.is_up_to_date(path, key) for path in files) or not all(
            path in self.placed.lying for path in pictures
        ):
            return False
        self.placed.keys.update(dict.fromkeys(files, key))
        paths = [*files, *filter(self._is_first, pictures)]
        self.placed.kept.update((path, self.placed.lying[path].digest) for path in paths)
        self.placed.others += [OutputFile(path, b"", f"content/{source}") for path in paths]
        self.placed.letters.append(MadeLetter(f"{OUTBOX}/{self.press.editions[source].slug}", Size(*size)))
        self.placed.problems += [problem_from(each) for each in problems]
        return True

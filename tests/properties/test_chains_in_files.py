"""The same law through real files and a real store: whatever is done, the list gets each published story once."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import Phase, event, given, settings
from hypothesis import strategies as st

from builders import MASTHEAD, a_folder, a_story_file
from people import NOON, a_crowd
from pressrun.circulation.store.engine import Store, create_store, place_from
from pressrun.circulation.store.runs import only_run
from pressrun.content.load import load
from pressrun.desk.authoring.new import Opening, new_edition_by
from pressrun.desk.checking.fix import SendHistory, fixes_for, mend
from pressrun.model.buildrequest import BuildRequest
from pressrun.model.delivery import Mailing
from pressrun.model.edition import Rule
from pressrun.model.problems import ContentError, Problem, Severity
from pressrun.model.publication import MailingList
from pressrun.post.sending.dispatch import freeze, sent_from, status, withdraw
from pressrun.post.sending.letter import NoSuchEdition, hash_of, ready
from pressrun.post.sending.receipts import with_nobody, with_receipt

pytestmark = pytest.mark.slow
# A letter of a few elements: what is looked at here is which stories are in it.
LETTER = "<html><body>{% for story in edition.listed %}<p>{{ story.title }}</p>{% endfor %}</body></html>"
RULE = Rule(since_last=True, limit=2)
NUMBERS = st.integers(0, 20)
OPERATIONS = st.one_of(
    st.tuples(st.just("write"), st.integers(-5, 5), st.booleans()),
    st.tuples(st.sampled_from(["correct", "rename", "publish", "freeze", "hand", "take", "check", "zone"]), NUMBERS),
    st.tuples(st.just("send"), NUMBERS, st.sampled_from(["whole", "whole", "died", "withdrawn"])),
    st.tuples(st.just("wait"), st.integers(1, 5)),
)


class Office:
    """A publication in *root* with the store of its readers; it remembers what each edition brought them."""

    def __init__(self, root: Path, store: Store) -> None:
        self.root, self.store, self.now, self.number = root, store, NOON, 0
        self.sent: dict[str, tuple[str, ...]] = {}
        self.closed: set[str] = set()
        a_folder(root, {"content/publication.yaml": MASTHEAD, "templates/newsletter.html": LETTER})

    def files(self, kind: str) -> list[Path]:
        """The files of stories, or of editions, in the order in which they were written."""
        return sorted((self.root / "content" / kind).glob("*.md"), key=lambda file: file.stat().st_mtime_ns)

    def write(self, day: int, draft: bool) -> None:
        self.number += 1
        date = (self.now + timedelta(days=day)).date().isoformat()
        fields = {"id": f"tag:x,2020:{self.number}", "title": f"'Story # {self.number}'", "date": date}
        text = a_story_file(**fields, **({"draft": "true"} if draft else {}))
        a_folder(self.root, {f"content/stories/s{self.number}.md": text})

    def edit(self, kind: str, which: int, pattern: str, new: str) -> None:
        files = self.files(kind)
        if files:
            file = files[which % len(files)]
            file.write_text(re.sub(pattern, new, file.read_text(), count=1, flags=re.MULTILINE))

    def correct(self, which: int) -> None:
        self.edit("stories", which, "^Text.$", "Text, corrected.")

    def publish(self, which: int) -> None:
        self.edit("stories", which, "^draft: true\n", "")

    def rename(self, which: int) -> None:
        self.number += 1
        if files := self.files("stories"):
            files[which % len(files)].rename(self.root / f"content/stories/renamed-{self.number}.md")

    def zone(self, which: int) -> None:
        zone = ("UTC", "America/New_York", "Asia/Kolkata")[which % 3]
        file = self.root / "content/publication.yaml"
        file.write_text(re.sub("timezone: .*", f"timezone: {zone}", file.read_text()))

    def freeze(self, _: int) -> None:
        """What `new edition` does, and the writer who publishes it."""
        try:
            records = sent_from(self.store).records
            made = new_edition_by(self.root, "x", self.now, Opening(RULE, begin=self.begin(), records=records)).path
        except ContentError:
            return
        made.write_text(made.read_text().replace("draft: true\n", ""))

    def hand(self, _: int) -> None:
        """An edition that is written by hand."""
        self.number += 1
        head = f"id: tag:x,2020:e{self.number}\ntitle: x\ndate: {self.now.isoformat()}\nbegin: {self.begin():%Y-%m-%d}"
        text = f"---\n{head}\nsince: last-edition\nlimit: 2\n---\nWords.\n"
        a_folder(self.root, {f"content/editions/e{self.number}.md": text})

    def begin(self) -> datetime:
        return NOON - timedelta(days=100)

    def take(self, which: int) -> None:
        unsent = [file for file in self.files("editions") if "\nsent:" not in file.read_text()]
        if unsent:
            file = unsent[which % len(unsent)]
            text = re.sub("^  - tag.*\n", "", file.read_text(), count=1, flags=re.MULTILINE)
            file.write_text(text)

    def check(self, _: int) -> None:
        """What `check --fix` does."""
        for fix in fixes_for(self.root, past=SendHistory(self.now, sent_from(self.store).records)).fixes:
            mend(fix)

    def heed(self, error: ContentError) -> None:
        """Make drafts of the editions for which nothing is new: others have carried all that they would."""
        for problem in error.problems:
            assert problem.code == "edition-empty" or problem.severity is not Severity.ERROR
            if problem.code == "edition-empty":
                file = self.root / problem.position.file
                file.write_text(file.read_text().replace("---\n", "---\ndraft: true\n", 1))

    def take_out(self, problems: Sequence[Problem]) -> None:
        """Delete the lines of stories that the readers have got already, as a refusal asks for."""
        assert {problem.code for problem in problems} == {"carried-twice"}
        file = self.root / problems[0].position.file
        lines = file.read_text().splitlines(keepends=True)
        gone = {problem.position.line for problem in problems}
        kept = "".join(line for number, line in enumerate(lines, 1) if number not in gone)
        file.write_text(kept)

    def wait(self, days: int) -> None:
        self.now += timedelta(days=days)

    def send(self, which: int, how: str) -> None:
        content, _ = load(self.root)
        assert content is not None
        known = sent_from(self.store)
        unsent = [each for each in content.editions if each.id not in known.records and not each.draft]
        if not unsent:
            return
        edition = unsent[which % len(unsent)]
        try:
            letter = ready(self.root, edition.source, BuildRequest(now=self.now), known.records)
        except NoSuchEdition:
            return
        except ContentError as error:
            event("nothing to send")
            self.heed(error)
            return
        cargo, written = letter.cargo, letter.written
        assert cargo is not None
        assert written is not None
        if cargo.problems:
            event(f"refused: {cargo.problems[0].code}")
            self.take_out(cargo.problems)
            return
        mailing = Mailing(edition.id, hash_of(letter), ("newsletter",), self.now)
        change = with_receipt(self.root, written, letter.publication, mailing, cargo)
        number = freeze(self.store, mailing, cargo.record, known)
        event(f"sent, {how}, {'frozen' if written.carried is not None else 'evaluated'}")
        if how != "died":  # it is killed before the file is written
            change.write()
        if how == "withdrawn":
            with only_run(self.store, number) as run:
                withdraw(run, number, self.now)
            told = status(self.store, edition.id)
            content, _ = load(self.root)
            assert told is not None
            assert content is not None
            noted = with_nobody(self.root, content, mailing, told.tally)
            assert noted is not None
            noted.write()
            return
        self.sent[edition.id] = cargo.record.found or ()
        if how == "died":  # what a second run sends is what the first did
            records = sent_from(self.store).records
            again = ready(self.root, edition.source, BuildRequest(now=self.now), records)
            assert hash_of(again) == mailing.hash


@settings(max_examples=12, phases=(Phase.explicit, Phase.generate))
@given(st.lists(OPERATIONS, min_size=10, max_size=25))
def test_the_list_gets_each_published_story_once(operations: list[tuple[str, ...]]) -> None:
    with TemporaryDirectory() as folder:
        root = Path(folder)
        store = create_store(place_from(str(root / "store.db")))
        a_crowd(store, 1, MailingList("newsletter"))
        office = Office(root, store)
        office.write(0, draft=False)
        office.hand(0)
        office.send(0, "whole")
        for name, *values in operations:
            getattr(office, name)(*values)
        office.wait(30)
        office.freeze(0)
        for _ in range(2 * len(office.files("editions"))):
            office.send(0, "whole")
        content, _ = load(root)
        assert content is not None
        times = Counter(story for found in office.sent.values() for story in found)
        store.close()
    published = {story.id for story in content.stories if not story.draft}
    assert times == dict.fromkeys(published, 1)

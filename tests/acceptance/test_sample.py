"""The repository's own publication, built as a person would who has just cloned it."""

import email
import email.policy
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import unquote

import feedparser
import pytest
from lxml import html as lxml_html

from pressrun.model.buildrequest import BuildRequest
from pressrun.press.building.build import BuildReport, build
from pressrun.press.newsletter.size import CLIPPED_AT

REPOSITORY = Path(__file__).parents[2]
HOME = "https://frontline.example/"
pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Sample:
    report: BuildReport
    root: Path

    @property
    def letter(self) -> Path:
        return self.root / "outbox/defying-the-regime"

    @property
    def feed(self) -> feedparser.FeedParserDict:
        return feedparser.parse((self.root / "public/atom.xml").read_bytes())


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    destination = tmp_path_factory.mktemp("sample")
    report = build(REPOSITORY, destination, BuildRequest(now=datetime(2026, 5, 12, tzinfo=UTC)))
    return Sample(report, destination)


TITLES = [
    "Kherson After Liberation: Co-producer of ‘Putin’s Attack on Ukraine’ Documentary Describes Visit",
    "As Donald Trump Announces His 2024 Run, a Look Back at His Presidency and Impact",
    "How American Politics Reached This Fraught Moment: 12 Documentaries to Watch Ahead of the Midterms",
    'How Russian Soldiers Ran a "Cleansing" Operation in Bucha',
    "Five Ways North Koreans Are Defying the Regime",
]


def test_it_builds_without_a_word_of_complaint(sample: Sample) -> None:
    assert sample.report.problems == ()
    assert (sample.report.stories, sample.report.editions) == (5, 1)


def test_a_feed_reader_sees_five_stories_the_newest_first(sample: Sample) -> None:
    feed = sample.feed
    assert not feed.bozo
    assert [entry.title for entry in feed.entries] == TITLES
    assert all(entry.id.startswith("tag:frontline.example,2014:stories/") for entry in feed.entries)
    assert feed.entries[-1].published == "2014-01-13T00:00:00-05:00"
    assert feed.entries[-1].author == "Sarah Childress"
    assert feed.entries[0].author == "FRONTLINE"
    assert all(entry.summary and entry.tags and entry.media_content for entry in feed.entries)
    assert len(feed.entries[-1].content[0].value) > 3000


def test_a_mail_program_sees_a_letter_in_two_forms(sample: Sample) -> None:
    letter = email.message_from_bytes(
        (sample.letter / "newsletter.eml").read_bytes(), policy=email.policy.default.clone(raise_on_defect=True)
    )
    assert isinstance(letter, EmailMessage)
    assert letter["Subject"] == "Five acts of defiance in North Korea"
    assert letter["From"].addresses[0].addr_spec == "newsletter@frontline.example"
    assert letter["Date"].datetime.isoformat() == "2022-11-30T00:00:00-05:00"
    # The text flows in the message only: there lines go on behind a space, and a space before a line is doubled.
    for flowing, kind, name in ((r"(?m)^ | +$", "plain", "newsletter.txt"), (r"(?m) +$", "html", "newsletter.html")):
        part = letter.get_body((kind,))
        assert part is not None
        words = re.sub(flowing, "", part.get_content().replace("\r\n", "\n"))
        assert words.strip() == (sample.letter / name).read_text("utf-8").strip()


def test_the_letter_is_far_from_being_clipped(sample: Sample) -> None:
    (letter,) = sample.report.letters
    assert letter.size.total < CLIPPED_AT / 2


def test_titles_keep_their_quotes_everywhere(sample: Sample) -> None:
    bucha = (sample.root / "public/stories/russian-soldiers-cleansing-operation-bucha/index.html").read_text("utf-8")
    assert lxml_html.document_fromstring(bucha).findtext(".//h1") == TITLES[3]
    text = (sample.letter / "newsletter.txt").read_text("utf-8")
    assert '"Cleansing"' in text
    assert "‘Putin’s Attack on Ukraine’" in text


def test_no_link_of_feed_letter_or_page_leads_nowhere(sample: Sample) -> None:
    """Every address below the home page is a file that was written."""
    documents = [entry.content[0].value for entry in sample.feed.entries]
    documents += [path.read_text("utf-8") for path in sample.root.rglob("*.html")]
    addresses = {entry.link for entry in sample.feed.entries}
    for document in documents:
        addresses |= {address for _, _, address, _ in lxml_html.fromstring(document).iterlinks()}
    ours = {address.partition("#")[0] for address in addresses if address.startswith(HOME)}
    assert len(ours) > 10
    for address in ours:
        path = sample.root / "public" / unquote(address.removeprefix(HOME))
        assert path.is_file() or (path / "index.html").is_file(), address
    strangers = {address for address in addresses if not address.startswith((HOME, "#", "mailto:"))}
    assert strangers == set()


def test_the_letter_asks_no_other_server(sample: Sample) -> None:
    text = (sample.letter / "newsletter.html").read_text("utf-8")
    assert set(re.findall(r"https?://([^/\"']+)", text)) == {"frontline.example"}

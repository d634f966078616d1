"""`pressrun preview` as a server: who may ask it, what its pages may do, and that it follows what is saved."""

import re
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import dkim
import pytest

from builders import PNG, a_folder, a_story_file
from mailserver import HOST, mail_server
from pressrun.press.newsletter.dkim import PrivateKey
from previewserver import Server, preview

SNOW = a_story_file("It snowed.\n\n![A dot](../images/dot.png)", id="tag:x,2020:snow", title="Snow")
EDITION = "---\nid: tag:x,2020:editions/1\ntitle: Cold\ndate: 2026-05-08\nlead: snow\n---\nGood morning.\n"
FILES: dict[str, str | bytes] = {
    "content/stories/snow.md": SNOW,
    "content/editions/cold.md": EDITION,
    "content/images/dot.png": PNG,
}
PAGES = (
    "/ /findings/ /letters/cold/ /letters/cold/looks /letters/cold/inbox /letters/cold/text /letters/cold/source "
    "/letters/cold/compare /feed/ /feed/?entry=0 /feed/source /feed/changes /files/content/stories/snow.md "
    "/codes/picture-alt /static/preview.js /static/preview.css /static/icon.svg /documents/atom.xml"
).split()
FRAMES = ("/letters/cold/frame", "/letters/cold/frame?pictures=blocked", "/feed/article?path=rss.xml&entry=0")
Run = Callable[..., subprocess.CompletedProcess[str]]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A preview that no test here changes anything for."""
    with preview(a_folder(tmp_path_factory.mktemp("quiet"), FILES)) as server:
        yield server


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_there(path: str, server: Server) -> None:
    status, headers, _ = server.ask(path)
    assert status == 200
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"


class TestWhoMayAsk:
    @pytest.mark.parametrize("host", ["attacker.example", "127.0.0.1", "127.0.0.1:1", "", "localhost.attacker.example"])
    def test_a_name_that_was_made_to_lead_here_gets_nothing(self, host: str, server: Server) -> None:
        assert server.ask("/", Host=host)[0] in (400, 421)

    def test_localhost_is_this_machine_too(self, server: Server) -> None:
        assert server.ask("/", Host=server.host.replace("127.0.0.1", "localhost"))[0] == 200

    @pytest.mark.parametrize("origin", ["https://attacker.example", "null", "http://127.0.0.1"])
    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_a_page_of_another_site_gets_nothing(self, method: str, origin: str, server: Server) -> None:
        assert server.ask("/letters/cold/test", method, Origin=origin)[0] == 403

    def test_a_form_has_to_say_where_it_comes_from_and_bring_the_token(self, server: Server) -> None:
        origin = server.address.rstrip("/")
        assert server.ask("/letters/cold/test", "POST", "token=x")[0] == 403
        assert server.ask("/letters/cold/test", "POST", "token=x", Origin=origin)[0] == 403
        assert server.ask("/letters/cold/test", "POST", "", Origin=origin)[0] == 403

    def test_looking_sends_nothing(self, server: Server) -> None:
        assert server.ask("/letters/cold/test")[0] == 404

    def test_nobody_else_on_the_network_can_ask(self, server: Server) -> None:
        port = int(server.host.partition(":")[2])
        with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.2", port), timeout=5):
            pass


class TestWhatPagesMayDo:
    def test_a_page_runs_the_one_script_of_the_preview(self, server: Server) -> None:
        status, headers, text = server.ask("/letters/cold/")
        policy = headers["content-security-policy"]
        assert (status, policy.split("; ")[:2]) == (200, ["default-src 'none'", "script-src 'self'"])
        assert "frame-ancestors 'none'" in policy
        assert not re.search(r"<script(?! src=\"/static/preview.js\" defer></script>)|\son\w+=|\sstyle=", text)

    @pytest.mark.parametrize("path", FRAMES)
    def test_what_is_shown_runs_no_script_and_asks_for_nothing_outside(self, path: str, server: Server) -> None:
        policy = server.ask(path)[1]["content-security-policy"].split("; ")
        assert policy[:2] == ["sandbox allow-same-origin", "default-src 'none'"]
        assert not [each for each in policy if "script" in each or "http" in each]

    def test_frames_are_sandboxed_by_the_page_as_well(self, server: Server) -> None:
        text = server.ask("/letters/cold/looks")[2] + server.ask("/feed/?entry=0")[2]
        frames = re.findall(r"<iframe[^>]*>", text)
        assert len(frames) == 9
        assert all('sandbox="allow-same-origin"' in frame for frame in frames)

    def test_pictures_are_those_of_the_output(self, server: Server) -> None:
        path = re.search(r'src="(/pictures/[^"]+)"', server.ask("/letters/cold/frame")[2])
        assert path is not None
        assert server.ask("/pictures/../content/publication.yaml")[0] == 404

    @pytest.mark.parametrize("path", ["/files/../../etc/passwd", "/files/content/images/dot.png", "/pictures/x.png"])
    def test_no_other_file_is_shown(self, path: str, server: Server) -> None:
        assert server.ask(path)[0] == 404


@pytest.mark.parametrize(
    "path",
    ["/letters/gone/", "/letters/cold/other", "/codes/none", "/static/x", "/feed/article?entry=9", "/documents/x"],
)
def test_what_is_not_there_is_said_so(path: str, server: Server) -> None:
    status, _, text = server.ask(path)
    assert status == 404
    assert "<h1>Nothing here</h1>" in text


def test_letters_lead_to_the_newest(server: Server) -> None:
    status, headers, _ = server.ask("/letters/")
    assert (status, headers["location"]) == (307, "/letters/cold/")


def test_a_story_is_found_by_its_name(server: Server) -> None:
    assert "Snow</a>" in server.ask("/?find=SNOW")[2]
    assert "No story has “ice”" in server.ask("/?find=ice&page=7")[2]


def test_why_nothing_can_be_sent_is_said_beside_the_button(server: Server) -> None:
    text = server.ask("/letters/cold/")[2]
    assert "<button disabled" in text
    assert "Set PRESSRUN_TEST_RECIPIENTS" in text


@pytest.mark.parametrize(
    ("environment", "reason"),
    [
        ({"PRESSRUN_TEST_RECIPIENTS": "ada@reader.example"}, "There is no server to send through"),
        ({"PRESSRUN_TEST_RECIPIENTS": "ada", "SMTP_HOST": HOST}, "PRESSRUN_TEST_RECIPIENTS: "),
        ({"PRESSRUN_TEST_RECIPIENTS": "ada@reader.example", "SMTP_HOST": HOST, "SMTP_PORT": "x"}, "SMTP_PORT: "),
    ],
)
def test_settings_that_cannot_be_are_told_beside_it(environment: dict[str, str], reason: str, tmp_path: Path) -> None:
    with preview(a_folder(tmp_path, FILES), **environment) as server:
        text = server.ask("/letters/cold/")[2]
        token = re.search(r'name="token" value="([^"]+)"', text)
        assert token is not None
        answer = server.ask("/letters/cold/test", "POST", f"token={token[1]}", Origin=server.address.rstrip("/"))
        assert answer[0] == 303
        assert "Nothing was sent: " in server.ask(answer[1]["location"].partition("#")[0])[2]
    assert "<button disabled" in text
    assert reason in text


def test_a_refused_test_is_told(tmp_path: Path) -> None:
    with mail_server() as room:
        room.answers["RCPT"] = "550 5.1.1 nobody here"
        settings = {"PRESSRUN_TEST_RECIPIENTS": "Ada <ada@reader.example>, bob@reader.example", "SMTP_HOST": HOST}
        with preview(a_folder(tmp_path, FILES), **settings, SMTP_PORT=str(room.port), SMTP_TLS="none") as server:
            token = re.search(r'name="token" value="([^"]+)"', server.ask("/letters/cold/")[2])
            assert token is not None
            body = f"token={token[1]}"
            _, headers, _ = server.ask("/letters/cold/test", "POST", body, Origin=server.address.rstrip("/"))
            text = server.ask(headers["location"].partition("#")[0])[2]
    assert "ada@reader.example: refused (550 5.1.1 nobody here)" in text
    assert "bob@reader.example: refused" in text
    assert room.letters == []


def test_a_test_is_signed_where_a_key_is_named(tmp_path: Path) -> None:
    folder = a_folder(tmp_path, FILES)
    with mail_server() as room:
        settings = {
            "PRESSRUN_TEST_RECIPIENTS": "ada@reader.example",
            "SMTP_HOST": HOST,
            "SMTP_PORT": str(room.port),
            "SMTP_TLS": "none",
            "DKIM_SELECTOR": "news",
            "DKIM_KEYS": str(tmp_path / "keys"),
        }
        with preview(folder, **settings) as server:
            page = server.ask("/letters/cold/")[2]
            assert "pressrun keys dkim news makes one" in page
            key = PrivateKey.new("news", "ed25519")
            (tmp_path / "keys").mkdir()
            (tmp_path / "keys/news.pem").write_bytes(key.pem)
            (tmp_path / "keys/news.pem").chmod(0o644)
            assert "Others can read the key" in server.ask("/letters/cold/")[2]
            (tmp_path / "keys/news.pem").chmod(0o600)
            token = re.search(r'name="token" value="([^"]+)"', server.ask("/letters/cold/")[2])
            assert token is not None
            server.ask("/letters/cold/test", "POST", f"token={token[1]}", Origin=server.address.rstrip("/"))
    [letter] = room.letters
    assert isinstance(letter.content, bytes)
    assert dkim.verify(letter.content, dnsfunc=lambda *_name, **_more: key.record.encode())


class TestSaves:
    def test_a_new_file_that_cannot_be_read_is_shown_at_its_line(self, tmp_path: Path) -> None:
        with preview(a_folder(tmp_path, FILES)) as server:
            (tmp_path / "content/stories/new.md").write_text("---\ntitle: [\n---\nNew.\n")
            server.wait_for("/", lambda html: "/files/content/stories/new.md" in html)
            assert server.ask("/files/content/stories/new.md")[0] == 200
            (tmp_path / "content/stories/snow.md").unlink()
            assert server.ask("/files/content/stories/snow.md")[0] == 404

    def test_a_token_of_whatever_letters_is_refused(self, tmp_path: Path) -> None:
        with preview(a_folder(tmp_path, FILES)) as server:
            body = "token=%C3%A4"
            assert server.ask("/letters/cold/test", "POST", body, Origin=server.address.rstrip("/"))[0] == 403

    def test_a_hundred_quick_saves_end_in_the_last(self, tmp_path: Path) -> None:
        with preview(a_folder(tmp_path, FILES)) as server:
            for number in range(100):
                (tmp_path / "content/stories/snow.md").write_text(f"{SNOW}\nThe word of save {number}.\n")
            server.wait_for("/letters/cold/text", lambda text: "The word of save 99." in text)
            assert "The word of save 99." in server.ask("/documents/feed.json")[2]
            assert next(server.numbers()) <= 101

    def test_a_folder_of_templates_that_comes_and_goes_is_noticed(self, tmp_path: Path) -> None:
        with preview(a_folder(tmp_path, FILES)) as server:
            (tmp_path / "templates").mkdir()
            (tmp_path / "templates/newsletter.css").write_text(".paper { color: #123456; }\n")
            server.wait_for("/letters/cold/frame", lambda html: "#123456" in html)
            (tmp_path / "templates/newsletter.css").unlink()
            (tmp_path / "templates").rmdir()
            server.wait_for("/letters/cold/frame", lambda html: "#123456" not in html)

    def test_a_content_folder_that_is_away_for_a_while_is_no_end(self, tmp_path: Path) -> None:
        with preview(a_folder(tmp_path, FILES)) as server:
            (tmp_path / "content").rename(tmp_path / "away")
            server.wait_for("/", lambda text: "there is no publication here" in text)
            (tmp_path / "away").rename(tmp_path / "content")
            server.wait_for("/", lambda text: 'role="alert"' not in text)

    def test_a_build_is_the_next_to_compare_with(self, pressrun: Run, tmp_path: Path) -> None:
        with preview(a_folder(tmp_path, FILES)) as server:
            assert "there is nothing to compare with" in server.ask("/feed/changes")[2]
            pressrun("build", "--now", "2026-05-12T12:00Z")
            server.wait_for("/feed/changes", lambda text: "would notice nothing" in text)


class TestCommand:
    def test_serve_means_the_same(self, pressrun: Run) -> None:
        done = pressrun("serve", "--help")
        assert done.returncode == 0
        assert "after every save" in done.stdout

    def test_a_port_that_is_taken_is_said_so(self, pressrun: Run, tmp_path: Path, server: Server) -> None:
        a_folder(tmp_path, FILES)
        done = pressrun("preview", "--port", server.host.partition(":")[2])
        assert done.returncode == 3
        assert "choose another with --port" in done.stderr

    def test_a_publication_that_cannot_be_read_is_no_end(self, tmp_path: Path) -> None:
        with preview(tmp_path) as server:
            text = server.ask("/")[2]
            assert "there is no publication here" in text
            for path in ("/letters/", "/feed/", "/feed/source", "/feed/changes", "/findings/"):
                assert server.ask(path)[0] == 200
            a_folder(tmp_path, FILES)
            server.wait_for("/", lambda text: "Snow</a>" in text)

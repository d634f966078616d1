"""The picture in the manual, held against the imports: arrows only go down, and each library has one door."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pressrun

ROOT = Path(pressrun.__file__).parent

# From the ground up. Rooms on one floor do not know each other.
FLOORS = (
    ("problems", "model"),
    ("content", "rendering", "pictures", "store"),
    ("feeds", "newsletter", "site"),
    ("delivery", "subscribers"),
    (
        *("build", "check", "diff", "fix", "new", "press", "letters", "rules", "send"),
        *("external", "output", "cache", "silence", "explain", "schema"),
        *("crew", "making", "plan", "reading", "report", "stages", "stock", "touch", "wanted"),
        *("recall", "serving", "showing"),
        *("consent", "dispatch", "preflight", "receipts", "confirmations", "intake", "restore", "roster"),
    ),
    ("cli", "web", "service"),
)
# On the fourth floor a run calls the output; within a floor nothing else is called.
WITHIN = {("build", "output"), ("build", "press"), ("check", "output"), ("check", "press")}
WITHIN |= {("diff", "press"), ("build", "diff"), ("press", "letters"), ("build", "letters")}
WITHIN |= {("check", "fix"), ("check", "rules"), ("rules", "press"), ("rules", "diff"), ("rules", "letters")}
WITHIN |= {("press", "cache"), ("letters", "cache")}
WITHIN |= {("build", each) for each in "cache crew making reading report stages stock touch wanted".split()}
WITHIN |= {("touch", each) for each in "cache crew making output plan press reading report stages stock wanted".split()}
WITHIN |= {("making", each) for each in "crew diff letters output plan press reading report stages stock".split()}
WITHIN |= {("plan", "press"), ("plan", "stock"), ("external", "letters")}
WITHIN |= {("reading", "crew"), ("reading", "stock"), ("report", "output")}
# A glance at the stock tells what the last build told.
WITHIN |= {("stock", each) for each in ("cache", "output", "report", "wanted")}
WITHIN |= {(run, "wanted") for run in "press check diff send new rules fix external".split()}
WITHIN |= {("send", "press"), ("send", "cache")}
WITHIN |= {("external", "press"), ("check", "external")}
WITHIN |= {("silence", "press"), ("silence", "explain"), ("check", "explain")}
WITHIN |= {(run, "silence") for run in ("build", "check", "fix", "send")}
WITHIN |= {("recall", each) for each in "cache letters press rules wanted".split()}
WITHIN |= {("showing", each) for each in "check diff output press recall send silence wanted".split()}
# The command line starts what a browser shows.
WITHIN |= {("cli", "web"), ("cli", "service")}
WITHIN |= {("restore", "intake")} | {(run, "confirmations") for run in "consent intake restore".split()}
WITHIN |= {("dispatch", "send"), ("preflight", "send"), ("receipts", "dispatch")}
# The nouns may name the place of a fault, and nothing else of the ground floor.
WITHIN |= {("model", "problems")}

DOORS = {
    "yaml": ("content/fields.py",),
    "tomllib": ("content/fields.py",),
    "pyromark": ("rendering/markdown.py",),
    "nh3": ("rendering/sanitise.py",),
    "jinja2": ("rendering/templates.py", "web/pages.py"),
    "feedgen": ("feeds/tree.py",),
    "feedparser": ("feeds/snapshot.py",),
    "lxml": (),
    "premailer": ("newsletter/inline.py",),
    "cssutils": ("newsletter/inline.py",),
    "cssselect": ("newsletter/inline.py",),
    "PIL": ("pictures/",),
    "pydantic": ("content/", "subscribers/shapes.py"),
    "pydantic_core": ("content/", "cli/", "subscribers/records.py"),
    "click": ("cli/",),
    "rich": ("cli/",),
    "tempfile": ("output/", "content/files.py", "cache.py", "stock/index.py"),
    "sqlalchemy": ("store/",),
    "alembic": ("store/",),
    "psycopg": ("store/",),
    "email_validator": ("subscribers/addresses.py",),
    "itsdangerous": ("subscribers/tokens.py",),
    "anyio": ("service/application.py",),
    "os": (
        "output/",
        "store/engine.py",
        "store/runs.py",
        "content/files.py",
        "crew.py",
        "stock/",
        "delivery/eml.py",
        "delivery/mbox.py",
        "delivery/processor.py",
        "cli/dkim.py",
        "cli/preview.py",
        "cli/progress.py",
        "cli/send.py",
        "cli/mailing.py",
        "cli/private.py",
        "cli/database.py",
        "cli/store.py",
        "cli/dkim.py",
        "cli/service.py",
    ),
    "sqlite3": ("stock/index.py",),
    "multiprocessing": ("crew.py",),
    "signal": ("crew.py", "cli/progress.py"),
    "fcntl": ("store/runs.py", "output/stage.py", "delivery/mbox.py"),
    "msvcrt": ("store/runs.py", "delivery/mbox.py"),
    "cryptography": ("delivery/dkim.py",),
    "smtplib": ("delivery/line.py",),
    "ssl": ("delivery/line.py", "delivery/smtp.py", "cli/ask.py"),
    "subprocess": ("cli/git.py", "cli/tokens.py"),
    "socket": ("cli/ask.py", "delivery/line.py", "serving.py", "web/server.py", "service/server.py"),
    "starlette": ("serving.py", "web/", "service/", "cli/service.py"),
    "uvicorn": ("web/server.py", "service/server.py", "cli/service.py"),
    "watchfiles": ("web/live.py",),
    "asyncio": ("web/", "service/"),
    "secrets": ("cli/preview.py", "store/engine.py"),
    "webbrowser": ("cli/preview.py",),
    "requests": (),
    "http.client": ("cli/ask.py", "cli/fetch.py"),
    "urllib.request": ("cli/fetch.py", "cli/ping.py"),
    "locale": (),
    "random": ("cli/run.py",),  # so that retries do not all come back at once
    "time": ("cli/",),
}


def modules() -> list[Path]:
    return sorted(ROOT.rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            assert node.module is not None
            # `from pressrun import build` imports pressrun.build; `from pressrun import __version__` a word.
            for alias in node.names if node.module == "pressrun" else ():
                if not alias.name.startswith("__"):
                    yield f"pressrun.{alias.name}"
            yield node.module


def room_of(module: str) -> str:
    return module.split(".")[1]


def floor_of(room: str) -> int:
    return next(number for number, rooms in enumerate(FLOORS) if room in rooms)


def test_every_room_has_its_floor() -> None:
    rooms = {path.relative_to(ROOT).parts[0].removesuffix(".py") for path in modules()}
    rooms -= {"__init__", "__main__"}
    assert rooms == {room for floor in FLOORS for room in floor}


def test_arrows_only_go_down() -> None:
    wrong = []
    for path in modules():
        room = path.relative_to(ROOT).parts[0].removesuffix(".py")
        if room in ("__init__", "__main__"):
            continue
        for module in imports(path):
            if not module.startswith("pressrun."):
                continue
            other = room_of(module)
            down = floor_of(other) < floor_of(room)
            if not (down or other == room or (room, other) in WITHIN):
                wrong.append(f"{path.relative_to(ROOT)} imports {module}")
    assert wrong == []


def test_each_library_has_one_door() -> None:
    wrong = []
    for path in modules():
        place = path.relative_to(ROOT).as_posix()
        for module in imports(path):
            doors = DOORS.get(module, DOORS.get(module.split(".")[0]))
            if doors is not None and not place.startswith(doors or ("nowhere",)):
                wrong.append(f"{place} imports {module}")
    assert wrong == []


def test_nothing_that_lies_on_the_disk_is_ever_run() -> None:
    """What a build remembers is read as data, whoever wrote it: nobody is harmed by a folder that came from elsewhere.

    Workers hand their results to whoever started them as pickles, through pipes that nobody else has a hand in.
    """
    for path in modules():
        found = set(imports(path))
        runs = {"pickle", "marshal", "shelve", "dbm", "copyreg", "runpy", "dill", "cloudpickle", "joblib"}
        assert not found & runs, path
        assert "multiprocessing" not in {each.partition(".")[0] for each in found} or path.name == "crew.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
            assert name not in ("eval", "exec", "compile", "__import__"), path


def test_every_module_says_in_a_sentence_what_it_is() -> None:
    for path in modules():
        assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), path


def test_nobody_goes_and_gets_the_time() -> None:
    """The clock is asked at the edge, and what it says is passed down."""
    for path in modules():
        if path.relative_to(ROOT).parts[0] != "cli":
            text = path.read_text(encoding="utf-8")
            assert ".now(" not in text, path
            assert ".today(" not in text, path
            assert "os.environ" not in text, path


def test_a_long_function_is_rare() -> None:
    """A place to look, not a verdict: what is longer than 50 lines stands here with its reason. Nothing is."""
    reasons: set[str] = set()
    long = set()
    for path in modules():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for parent in ast.walk(tree):
            for node in ast.iter_child_nodes(parent):
                if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno >= 50:
                    owner = f"{parent.name}." if isinstance(parent, ast.ClassDef) else ""
                    long.add(f"{owner}{node.name}")
    assert long <= reasons

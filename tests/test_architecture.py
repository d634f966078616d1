"""The picture in the manual, held against the imports: arrows only go down, and each library has one door."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pressrun

ROOT = Path(pressrun.__file__).parent

# From the ground up. Departments on one floor do not import each other.
FLOORS = (
    ("model", "manual"),  # and defaults, which holds no module
    ("content", "rendering", "circulation", "hosts"),
    ("press",),
    ("desk", "settings"),
    ("post",),
    ("web",),
    ("cli",),
)
# Rooms of one department, from the ground up; those on one line do not import each other. The files of a department
# itself are above all of its rooms.
ROOMS = {
    "content": (("source",), ("masthead",)),
    "rendering": (("pictures",),),
    "circulation": (("store", "subscribers"),),
    "press": (("output",), ("feeds", "newsletter", "site"), ("building",)),
    "desk": (("authoring",), ("checking",)),
    "post": (("delivery",), ("sending",)),
    "web": (("serving",), ("preview", "service")),
}

DOORS = {
    "yaml": ("content/source/fields.py",),
    "tomllib": ("content/source/toml.py",),
    "pyromark": ("rendering/markdown.py",),
    "nh3": ("rendering/sanitise.py",),
    "wcwidth": ("model/scripts.py",),
    "jinja2": ("rendering/templates.py", "rendering/sandbox.py", "rendering/blocks.py", "web/preview/pages.py"),
    "feedgen": ("press/feeds/tree.py",),
    "feedparser": ("press/feeds/snapshot.py",),
    "lxml": ("rendering/pictures/drawings.py",),
    "premailer": ("press/newsletter/inline.py",),
    "cssutils": ("press/newsletter/inline.py",),
    "cssselect": ("press/newsletter/inline.py",),
    "PIL": ("rendering/pictures/",),
    "pydantic": ("content/", "desk/authoring/schema.py", "circulation/subscribers/shapes.py"),
    "pydantic_core": ("content/", "desk/authoring/", "settings/", "cli/", "circulation/subscribers/records.py"),
    "click": ("cli/",),
    "rich": ("cli/",),
    "tempfile": ("press/output/", "content/source/files.py", "press/building/cache.py", "press/building/buildstate.py"),
    "sqlalchemy": ("circulation/store/",),
    "alembic": ("circulation/store/",),
    "psycopg": ("circulation/store/",),
    "email_validator": ("circulation/subscribers/addresses.py",),
    "itsdangerous": ("circulation/subscribers/tokens.py",),
    "anyio": ("web/service/application.py",),
    "os": (
        "press/output/",
        "circulation/store/engine.py",
        "circulation/store/runs.py",
        "circulation/store/locks.py",
        "circulation/store/counterfile.py",
        "content/source/files.py",
        "press/building/workers.py",
        "press/building/buildstate.py",
        "press/building/filestates.py",
        "press/building/unchanged.py",
        "post/delivery/eml.py",
        "post/delivery/mbox.py",
        "post/delivery/processor.py",
        "cli/dkim.py",
        "cli/preview.py",
        "cli/progress.py",
        "cli/send.py",
        "cli/editions.py",
        "cli/past.py",
        "settings/counter.py",
        "settings/private.py",
        "settings/database.py",
        "cli/status.py",
        "cli/store.py",
        "cli/keys.py",
        "cli/service.py",
    ),
    "sqlite3": ("press/building/buildstate.py",),
    "multiprocessing": ("press/building/workers.py",),
    "signal": ("press/building/workers.py", "cli/progress.py"),
    "fcntl": ("circulation/store/locks.py", "press/output/stage.py", "post/delivery/mbox.py"),
    "msvcrt": ("circulation/store/locks.py", "post/delivery/mbox.py"),
    "cryptography": ("press/newsletter/dkim.py",),
    "smtplib": ("post/delivery/connection.py",),
    "ssl": ("post/delivery/connection.py", "post/delivery/smtp.py", "hosts/connections.py", "hosts/client.py"),
    "subprocess": ("settings/git.py", "settings/tokens.py"),
    "socket": (
        "hosts/connections.py",
        "post/delivery/connection.py",
        "web/serving.py",
        "web/preview/server.py",
        "web/service/server.py",
    ),
    "starlette": ("web/serving.py", "web/preview/", "web/service/", "cli/service.py"),
    "uvicorn": ("web/preview/server.py", "web/service/server.py", "cli/service.py"),
    "watchfiles": ("web/preview/live.py",),
    "asyncio": ("web/preview/", "web/service/"),
    "secrets": ("cli/keys.py", "cli/preview.py", "circulation/store/engine.py"),
    "webbrowser": ("cli/preview.py",),
    "requests": (),
    "http.client": ("hosts/connections.py", "hosts/client.py"),
    "urllib.request": ("hosts/proxies.py",),
    "locale": (),
    "random": ("cli/send.py",),  # so that retries do not all come back at once
    "time": ("cli/", "hosts/"),
}


def modules() -> list[Path]:
    return sorted(ROOT.rglob("*.py"))


def imports(path: Path, *, for_types: bool = True) -> Iterator[str]:
    """What *path* imports, names included; without *for_types* what stands behind TYPE_CHECKING is left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    guarded = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and isinstance(block.test, ast.Name) and block.test.id == "TYPE_CHECKING"
        for node in ast.walk(block)
    }
    for node in ast.walk(tree):
        if id(node) in guarded and not for_types:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            assert node.module is not None
            for alias in node.names:
                if not alias.name.startswith("__"):
                    yield f"{node.module}.{alias.name}"


def place_of(module: str) -> tuple[str, str]:
    """The department of *module*, a path or dotted name below pressrun, and its room; "" where it is in none."""
    parts = module.removesuffix(".py").replace("/", ".").split(".")
    if (ROOT.joinpath(*parts)).is_dir():
        parts.append("__init__")
    rooms = {room for floor in ROOMS.get(parts[0], ()) for room in floor}
    return parts[0], parts[1] if len(parts) > 1 and parts[1] in rooms else ""


def height_in(place: str, floors: tuple[tuple[str, ...], ...]) -> int:
    return next((number for number, places in enumerate(floors) if place in places), len(floors))


def module_of(name: str) -> str:
    """The module that the import of *name* loads; a name that is no module is one in a module."""
    parts = name.split(".")
    file = ROOT.parent.joinpath(*parts)
    return name if file.is_dir() or file.with_suffix(".py").is_file() else ".".join(parts[:-1])


def test_every_module_has_its_department() -> None:
    departments = {place_of(path.relative_to(ROOT).as_posix())[0] for path in modules()} - {"__init__", "__main__"}
    assert departments == {department for floor in FLOORS for department in floor}


def test_arrows_only_go_down() -> None:
    wrong = []
    for path in modules():
        department, room = place_of(path.relative_to(ROOT).as_posix())
        if department in ("__init__", "__main__"):
            continue
        for module in imports(path):
            if not module.startswith("pressrun."):
                continue
            other, its_room = place_of(module_of(module).removeprefix("pressrun."))
            if other == department:
                rooms = ROOMS.get(department, ())
                is_down = room == its_room or height_in(its_room, rooms) < height_in(room, rooms)
            else:
                is_down = height_in(other, FLOORS) < height_in(department, FLOORS)
            if not is_down:
                wrong.append(f"{path.relative_to(ROOT)} imports {module}")
    assert wrong == []


def test_no_two_modules_import_each_other() -> None:
    """Nor do more in a ring. What is imported for types alone is none of it."""
    loads = {
        ".".join(("pressrun", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__"): {
            module_of(module) for module in imports(path, for_types=False) if module.startswith("pressrun.")
        }
        for path in modules()
    }
    rings = []
    for module in loads:
        behind: set[str] = set()
        ahead = [*loads[module]]
        while ahead:
            each = ahead.pop()
            if each not in behind and each != module:
                behind.add(each)
                ahead += loads.get(each, ())
        rings += [f"{module} and {each}" for each in sorted(behind) if module in loads.get(each, ()) and module < each]
    assert rings == []


def test_each_library_has_one_door() -> None:
    wrong = []
    for path in modules():
        place = path.relative_to(ROOT).as_posix()
        for module in imports(path):
            doors = DOORS.get(module, DOORS.get(module.split(".")[0]))
            if doors is not None and not place.startswith(doors or ("nowhere",)):
                wrong.append(f"{place} imports {module}")
    assert wrong == []


# Where a package of the extra `service` may be imported. Everything else needs the base install alone.
OF_THE_SERVICE = ("web/service/", "cli/service.py")
# Packages that come with another one.
BROUGHT_BY = {"pydantic-core": "pydantic", "cssutils": "premailer", "markupsafe": "jinja2"}


def distributions(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=~ ]", each)[0].lower().replace("_", "-") for each in requirements}


def test_what_the_base_install_needs_is_in_it() -> None:
    """Preview, sending, and signing included: an import outside of the service is of a base package."""
    project = tomllib.loads((ROOT.parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    base = distributions(project["dependencies"])
    service = distributions(project["optional-dependencies"]["service"])
    assert not base & service
    assert set(project["optional-dependencies"]) == {"service", "test"}
    known = packages_distributions()
    wrong, used = [], set()
    for path in modules():
        place = path.relative_to(ROOT).as_posix()
        for top in {each.partition(".")[0] for each in imports(path)} - sys.stdlib_module_names - {"pressrun"}:
            names = {BROUGHT_BY.get(each, each) for each in distributions(known[top])}
            used |= names
            if not names & (base | service if place.startswith(OF_THE_SERVICE) else base):
                wrong.append(f"{place} imports {top}")
    assert wrong == []
    # Read, but not imported by us: a driver, time zones, and a parser that Starlette asks for.
    assert (base | service) - used <= {"psycopg", "tzdata", "python-multipart"}


def test_nothing_that_lies_on_the_disk_is_ever_run() -> None:
    """What a build remembers is read as data, whoever wrote it: nobody is harmed by a folder that came from elsewhere.

    Workers hand their results to whoever started them as pickles, through pipes that nobody else has a hand in.
    """
    for path in modules():
        found = set(imports(path))
        runs = {"pickle", "marshal", "shelve", "dbm", "copyreg", "runpy", "dill", "cloudpickle", "joblib"}
        assert not found & runs, path
        assert "multiprocessing" not in {each.partition(".")[0] for each in found} or path.name == "workers.py"
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
            assert "os.environ" not in text or path.relative_to(ROOT).parts[0] == "settings", path


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

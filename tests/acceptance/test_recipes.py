"""The recipes of the manual work: each is taken from its page and run on a copy of the sample publication."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import pressrun

ROOT = Path(__file__).parents[2]
PAGE = (Path(pressrun.__file__).parent / "manual" / "recipes.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"^```\w+ title=(\S+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
WORKFLOW: dict[Any, Any] = yaml.safe_load(FILES[".github/workflows/pressrun.yml"])
GITLAB: dict[str, Any] = yaml.safe_load(FILES[".gitlab-ci.yml"])
(PRE_COMMIT,) = yaml.safe_load(FILES[".pre-commit-config.yaml"])["repos"][0]["hooks"]
JOBS: dict[str, Any] = WORKFLOW["jobs"]
INSTALL = "python -m pip install -r requirements.txt"
BROKEN = "content/stories/2026-01-01-nothing.md"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A clean copy of the sample."""
    for folder in ("content", "templates"):
        shutil.copytree(ROOT / folder, tmp_path / "checkout" / folder)
    return tmp_path / "checkout"


def run(script: str, checkout: Path) -> subprocess.CompletedProcess[str]:
    """*script* as a runner runs a step; `pressrun` is the one that is tested, as if it had been installed."""
    programs = checkout.parent / "bin"
    programs.mkdir(exist_ok=True)
    program = programs / "pressrun"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m pressrun "$@"\n')
    program.chmod(0o755)
    environment = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    for name in [name for name in environment if name.startswith("GIT_")]:
        del environment[name]  # whoever commits to Pressrun may have a hook that runs its tests
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=checkout,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def steps(job: str) -> list[str]:
    """What the job of that name runs, without the installation, which has come first."""
    first, *others = [step["run"] for step in JOBS[job]["steps"] if "run" in step]
    assert first == INSTALL
    return others


# GitHub Actions


@pytest.mark.slow
@pytest.mark.parametrize("job", ["check", "build", "links"])
def test_every_step_of_a_workflow_succeeds_on_the_sample(job: str, checkout: Path) -> None:
    for step in steps(job):
        done = run(step, checkout)
        assert done.returncode == 0, (step, done.stderr)

    (artifact,) = [step["with"]["path"] for step in JOBS["build"]["steps"] if "upload-pages" in step.get("uses", "")]
    assert (checkout / artifact / "atom.xml").exists() == (job == "build")


@pytest.mark.slow
def test_what_is_broken_fails_a_pull_request_at_its_line(checkout: Path) -> None:
    (checkout / BROKEN).write_text("No front matter.\n")
    (step,) = steps("check")
    done = run(step, checkout)

    assert done.returncode == 1
    assert f"::error file={BROKEN},line=1," in done.stdout
    assert not (checkout / "public").exists()


@pytest.mark.slow
def test_all_else_is_built_and_uploaded_before_what_is_broken_fails_the_job(checkout: Path) -> None:
    (checkout / BROKEN).write_text("No front matter.\n")
    build, check = steps("build")
    built, checked = run(build, checkout), run(check, checkout)

    assert (built.returncode, checked.returncode) == (0, 1)
    assert (checkout / "public/atom.xml").exists()
    assert f"::error file={BROKEN},line=1," in checked.stdout
    order = [step.get("run", step.get("uses", "")) for step in JOBS["build"]["steps"]]
    (upload,) = [number for number, step in enumerate(order) if "upload-pages" in step]
    assert order.index(build) < upload < order.index(check) == len(order) - 1


def test_what_was_uploaded_is_published_though_the_check_after_it_failed() -> None:
    (upload,) = [step for step in JOBS["build"]["steps"] if "upload-pages" in step.get("uses", "")]
    assert JOBS["build"]["outputs"] == {"upload": f"${{{{ steps.{upload['id']}.outcome }}}}"}
    assert JOBS["publish"]["if"] == "${{ !cancelled() && needs.build.outputs.upload == 'success' }}"


def test_nobody_may_write_but_the_job_that_publishes_which_runs_no_file_of_the_publication() -> None:
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert {name for name, job in JOBS.items() if "permissions" in job} == {"publish"}
    assert JOBS["publish"]["permissions"] == {"pages": "write", "id-token": "write"}
    assert [step["uses"].partition("@")[0] for step in JOBS["publish"]["steps"]] == ["actions/deploy-pages"]


def test_every_action_is_githubs_own_and_has_its_version() -> None:
    uses = [step["uses"] for job in JOBS.values() for step in job["steps"] if "uses" in step]
    assert all(re.fullmatch(r"actions/[a-z-]+@v\d+", each) for each in uses)
    versions = {each.partition("@")[0]: each for each in uses}
    assert set(uses) == set(versions.values())


def test_other_hosts_are_asked_by_the_weekly_run_only() -> None:
    asking = {name for name, job in JOBS.items() if any("--external" in step.get("run", "") for step in job["steps"])}
    assert asking == {"links"}
    assert "pull_request" not in JOBS["links"]["if"]
    assert WORKFLOW[True]["schedule"] == [{"cron": "17 5 * * 1"}]  # to YAML 1.1, `on` is a truth value


def test_no_job_runs_without_end() -> None:
    assert all(job["timeout-minutes"] <= 60 for job in JOBS.values())


def test_what_is_kept_is_saved_by_every_run_and_found_by_the_next() -> None:
    kept = [step["with"] for job in JOBS.values() for step in job["steps"] if "actions/cache@" in step.get("uses", "")]
    assert len(kept) == 3
    for each in kept:
        assert each["path"] == ".cache/pressrun"
        assert each["key"] == each["restore-keys"] + "${{ github.run_id }}"


# GitLab


@pytest.mark.slow
@pytest.mark.parametrize("job", ["check", "pages", "check-published", "links"])
def test_every_line_of_a_gitlab_job_succeeds_on_the_sample(job: str, checkout: Path) -> None:
    assert GITLAB["before_script"] == [INSTALL]
    for line in GITLAB[job]["script"]:
        done = run(line, checkout)
        assert done.returncode == 0, (line, done.stderr)
    assert (checkout / "public/atom.xml").exists() == (job == "pages")


@pytest.mark.slow
def test_gitlab_publishes_all_else_and_fails_what_comes_last(checkout: Path) -> None:
    (checkout / BROKEN).write_text("No front matter.\n")
    assert [run(line, checkout).returncode for line in GITLAB["pages"]["script"]] == [0]
    assert (checkout / "public/atom.xml").exists()
    assert [run(line, checkout).returncode for line in GITLAB["check-published"]["script"]] == [1]
    assert GITLAB["check-published"]["stage"] == ".post"


# Hooks


@pytest.mark.parametrize(
    ("path", "is_checked"),
    [
        ("content/stories/a.md", True),
        ("content/publication.yaml", True),
        ("templates/newsletter.html", True),
        ("README.md", False),
        ("docs/content/a.md", False),
    ],
)
def test_the_hook_of_pre_commit_looks_at_what_concerns_it(path: str, is_checked: bool) -> None:
    assert bool(re.search(PRE_COMMIT["files"], path)) == is_checked


@pytest.mark.slow
def test_the_hook_of_pre_commit_succeeds_on_the_sample_and_stops_what_is_broken(checkout: Path) -> None:
    """pre-commit runs the entry from the root of the repository, with no file's name, and goes by its exit code."""
    assert (PRE_COMMIT["language"], PRE_COMMIT["pass_filenames"]) == ("system", False)
    assert run(PRE_COMMIT["entry"], checkout).returncode == 0
    (checkout / BROKEN).write_text("No front matter.\n")
    assert run(PRE_COMMIT["entry"], checkout).returncode == 1


@pytest.mark.slow
def test_the_plain_hook_stops_a_commit_of_what_is_broken_and_no_other(checkout: Path) -> None:
    commit = "git -c user.name=Ada -c user.email=ada@gazette.example commit -qm"
    assert run("git init -q && git add . && " + commit + " First", checkout).returncode == 0
    hook = checkout / ".git/hooks/pre-commit"
    hook.write_text(FILES[".git/hooks/pre-commit"])
    hook.chmod(0o755)
    (checkout / BROKEN).write_text("No front matter.\n")
    (checkout / "README.md").write_text("Of no concern.\n")

    assert run(f"git add README.md && {commit} Second", checkout).returncode == 0
    stopped = run(f"git add content && {commit} Third", checkout)
    assert stopped.returncode == 1
    assert "front matter is missing" in stopped.stderr
    (checkout / BROKEN).unlink()
    assert run(f"echo >> content/publication.yaml && git add content && {commit} Fourth", checkout).returncode == 0
    assert run("git log --format=%s", checkout).stdout.split() == ["Fourth", "Second", "First"]

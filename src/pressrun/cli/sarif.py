"""What a check found as SARIF, the Static Analysis Results Interchange Format 2.1.0 (OASIS)."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from pressrun import __version__
from pressrun.cli.places import PACKAGED
from pressrun.desk.checking.check import Findings
from pressrun.manual.codes import pages
from pressrun.model.problems import Problem, Severity

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.HINT: "note"}
ROOT = "SRCROOT"
# GitHub goes by the fingerprint of this name, and by no other.
FINGERPRINT = "primaryLocationLineHash"


def as_sarif(findings: Findings) -> str:
    """*findings* as a log of one run; files are seen from the root of the repository."""
    problems = findings.problems
    rules = sorted({problem.code for problem in problems})
    run = {
        "tool": {
            "driver": {
                "name": "Pressrun",
                "semanticVersion": __version__,
                "rules": [_rule(code) for code in rules],
            }
        },
        "columnKind": "unicodeCodePoints",
        # Without an address: that of one machine would mean nothing on another (section 3.14.14).
        "originalUriBaseIds": {ROOT: {"description": {"text": "The root of the repository."}}},
        "results": [
            {**_result(problem, rules), "partialFingerprints": {FINGERPRINT: fingerprint}}
            for problem, fingerprint in zip(problems, fingerprints(problems), strict=True)
        ],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _rule(code: str) -> dict[str, Any]:
    page = pages()[code]
    return {
        "id": code,
        "shortDescription": {"text": page.gist},
        "help": {"text": page.text, "markdown": page.text},
    }


def _result(problem: Problem, rules: Sequence[str]) -> dict[str, Any]:
    said = f"{problem.message}\nhint: {problem.hint}" if problem.hint else problem.message
    position = problem.position
    region: dict[str, Any] = {"startLine": position.line}
    if position.excerpt:
        region |= {
            "startColumn": position.column,
            "endColumn": position.column + position.width,
            "snippet": {"text": position.excerpt},
        }
    return {
        "ruleId": problem.code,
        "ruleIndex": rules.index(problem.code),
        "level": LEVELS[problem.severity],
        "message": {"text": said},
        "locations": [{"physicalLocation": {"artifactLocation": _artifact(position.file), "region": region}}],
    }


def _artifact(file: str) -> dict[str, str]:
    path = PurePath(file)
    if path.is_absolute():
        return {"uri": path.as_uri()}
    return {"uri": quote(file)} if file.startswith(PACKAGED) else {"uri": quote(file), "uriBaseId": ROOT}


def fingerprints(problems: Sequence[Problem]) -> list[str]:
    """For each of *problems* a word that stays the same when lines are added or deleted elsewhere in its file.

    It is made of the code and of what the line says; lines that say the same are counted.
    """
    times: Counter[tuple[str, str]] = Counter()
    found = []
    for problem in problems:
        said = "\n".join((problem.code, problem.position.excerpt.strip()))
        digest = hashlib.sha256(said.encode(errors="surrogatepass")).hexdigest()[:16]
        times[problem.position.file, digest] += 1
        found.append(f"{digest}:{times[problem.position.file, digest]}")
    return found

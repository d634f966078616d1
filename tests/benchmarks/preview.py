"""How soon a save is seen in the preview, and whether its memory grows: python tests/benchmarks/preview.py [STORIES …]

A headless Chromium shows an article of the feed while its story is saved twenty times, each time with another word;
what is told is the median of the time from the end of the save to the word on the page. Then a hundred saves follow,
and the memory of the server before and after them is told. The first publication is that of this repository.
"""

import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from newsroom import Newsroom, write_newsroom

from previewserver import preview

ROOT = Path(__file__).parents[2]
RUNS, SAVES = 20, 100
# Looks at every frame of the screen, and answers with what it took since the save.
SEEN = """word => new Promise(resolve => {
  const look = () => {
    const frame = document.getElementById("opened");
    const text = frame && frame.contentDocument && frame.contentDocument.body;
    if (text && text.textContent.includes(word)) resolve(Date.now() / 1000);
    else requestAnimationFrame(look);
  };
  look();
})"""


def memory_of(process: int) -> float:
    """The resident memory of *process* in MB."""
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1000


def measured(name: str, root: Path, story: Path, browser: Browser) -> None:
    text = story.read_text(encoding="utf-8")
    with preview(root, "--future") as server:
        page = browser.new_page()
        page.goto(f"{server.address}feed/?entry=0")
        page.wait_for_selector("body[data-shown]")
        times = []
        for number in range(RUNS + 1):
            word = f"word-{number}-seen"
            story.write_text(f"{text}\n\n{word}\n", encoding="utf-8")
            saved = time.time()
            times.append(page.evaluate(SEEN, word) - saved)
        before = memory_of(server.process.pid)
        for number in range(SAVES):
            word = f"later-{number}-seen"
            story.write_text(f"{text}\n\n{word}\n", encoding="utf-8")
            page.evaluate(SEEN, word)
        after = memory_of(server.process.pid)
        page.close()
    story.write_text(text, encoding="utf-8")
    # The first save finds nothing to compare with, and browser and server have to warm up.
    middle, worst = statistics.median(times[1:]), max(times[1:])
    print(f"{name:<16} {middle:6.3f} s   {worst:6.3f} s   {before:6.0f} MB   {after:6.0f} MB", flush=True)


def main(counts: list[int]) -> None:
    program = shutil.which("chromium") or shutil.which("google-chrome")
    print(f"{'publication':<16} {'median':>8}   {'slowest':>8}   {'memory':>9}   {f'after {SAVES}':>9}")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        sample = Path(folder, "sample")
        shutil.copytree(ROOT / "content", sample / "content")
        newest = max((sample / "content/stories").iterdir(), key=lambda path: path.name)
        measured("the sample", sample, newest, browser)
        for count in counts:
            root = Path(folder, str(count))
            write_newsroom(root, count)
            story = root / "content/stories" / f"{Newsroom(count).slug(count - 1)}.md"
            measured(f"{count:,} stories", root, story, browser)
        browser.close()


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or [1000])

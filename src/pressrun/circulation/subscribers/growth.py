"""How the number of readers grew: counted from the ledger, and drawn."""

from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape

from pressrun.model.consent import EVERY_LIST, Event
from pressrun.model.publication import Palette

WIDTH, HEIGHT = 720, 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 16, 24, 40
# One line of the ledger: whose it is, which list, what happened, and in which month.
Line = tuple[int, str, str, str]


def months_between(first: str, last: str) -> list[str]:
    """Every month from *first* to *last*, each as 2026-05."""
    year, month = map(int, first.split("-"))
    found = []
    while (name := f"{year}-{month:02}") <= last:
        found.append(name)
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return found


def grown(lines: Iterable[Line], name: str | None, until: str) -> list[tuple[str, int]]:
    """How many people were confirmed at the end of each month, up to that of *until*.

    *lines* come by person, in the order in which they were written down. With a *name* it is about that list; else
    somebody counts once, however many lists they are on.
    """
    changes: Counter[str] = Counter()
    person, on = 0, set[str]()
    for whose, listed, event, month in lines:
        if whose != person:
            person, on = whose, set()
        if name is not None and listed not in (name, EVERY_LIST):
            continue
        was = bool(on)
        if event == Event.CONFIRMED.value:
            on.add(listed)
        elif event != Event.ASKED.value:
            on = set() if listed == EVERY_LIST else on - {listed}
        changes[month] += bool(on) - was
    if not changes:
        return []
    total, found = 0, []
    for month in months_between(min(changes), max(until, max(changes))):
        total += changes[month]
        found.append((month, total))
    return found


def as_svg(months: Sequence[tuple[str, int]], palette: Palette) -> str:
    """The growth as a drawing that needs nothing from elsewhere; it says in words what it shows."""
    most = max((count for _, count in months), default=0) or 1
    across, down = WIDTH - _LEFT - _RIGHT, HEIGHT - _TOP - _BOTTOM
    step = across / max(len(months), 1)
    told = f"{months[0][0]}: {months[0][1]:,}; {months[-1][0]}: {months[-1][1]:,}" if months else "nobody yet"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="title">',
        f'<title id="title">Confirmed readers at the end of each month. {escape(told)}</title>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{palette.paper}"/>',
        f'<g font-family="Helvetica, Arial, sans-serif" font-size="12" fill="{palette.muted}">',
    ]
    for part in (0, 0.5, 1):
        y = _TOP + down * (1 - part)
        lines.append(f'<path d="M{_LEFT} {y:.1f}H{WIDTH - _RIGHT}" stroke="{palette.rule}"/>')
        lines.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{round(most * part):,}</text>')
    for at, (month, count) in enumerate(months):
        high = down * count / most
        place = f'x="{_LEFT + at * step:.1f}" y="{_TOP + down - high:.1f}"'
        lines.append(f'<rect {place} width="{max(step - 2, 1):.1f}" height="{high:.1f}" fill="{palette.accent}"/>')
        if at % max(len(months) // 8, 1) == 0:
            lines.append(f'<text x="{_LEFT + at * step:.1f}" y="{HEIGHT - 16}">{month}</text>')
    return "\n".join([*lines, "</g>", "</svg>", ""])

"""Which lists the names on a command line mean."""

import difflib

import click

from pressrun.model.publication import MailingList, Publication


def lists_named(publication: Publication, names: tuple[str, ...]) -> list[MailingList]:
    """The lists that *names* mean; where there is only one, it need not be named."""
    known = {each.id: each for each in publication.lists}
    if not names and len(known) == 1:
        return list(publication.lists)
    if not names:
        raise click.UsageError(f"Say for which list: --list {' or --list '.join(known)}.")
    for name in names:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
            way_out = f"did you mean {close[0]}?" if close else f"there are: {', '.join(known)}."
            raise click.UsageError(f'There is no list "{name}"; {way_out}')
    return [known[name] for name in dict.fromkeys(names)]

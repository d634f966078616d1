"""Why someone gets nothing of an edition, decided when their delivery is claimed."""

from pressrun.circulation.store.claiming import Candidate
from pressrun.model.delivery import Exclusion


def why_not(reader: Candidate | None) -> Exclusion:
    """Return why *reader*, who can get nothing, gets nothing; None is a person whose data was erased.

    The store's reason comes first. Without one, the address is none that emails can go to.
    """
    if reader is None:
        return Exclusion.ERASED
    return reader.reason or Exclusion.ADDRESS

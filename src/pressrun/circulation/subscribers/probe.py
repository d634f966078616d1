"""A probe of the service: an unsubscribe link of nobody, and how its answer proves that the service has the key.

Only a service with the very key and the same store can give the answer; a proxy, another program, or a page that says
"not found" with status 200 cannot. The answer is the same for GET and POST, and neither touches anything.
"""

from dataclasses import dataclass
from datetime import datetime

from pressrun.circulation.subscribers.links import ServiceLinks
from pressrun.circulation.subscribers.tokens import NOBODY

# The header of the answer.
HEADER = "Pressrun-Probe"
# What mail programs post (RFC 8058, section 3.2).
ONE_CLICK = b"List-Unsubscribe=One-Click"


@dataclass(frozen=True, slots=True)
class Probe:
    """A link to ask for, and the words that prove that the service can open it."""

    url: str
    proof: str

    def why_not(self, status: int, said: str) -> str | None:
        """Return what is wrong with an answer, as the end of a sentence; None if it proves that links work."""
        if said == self.proof and status == 200:
            return None
        if said.split(" ")[0] == self.proof.split(" ")[0]:
            return "is answered by a service with another store: nobody could unsubscribe here"
        if 300 <= status <= 399:
            return f"leads elsewhere (status {status}), which mail programs do not follow"
        if status >= 500 or status in (403, 405, 429):
            return f"gets status {status}"
        return f"does not open: the service does not have the key, or something else answers (status {status})"


def probe(links: ServiceLinks, now: datetime) -> Probe:
    """Return a probe of the service at the address of *links*, signed with their newest key.

    Another moment gives another link, so that no cache can answer for the service.
    """
    url = links.leave(NOBODY, str(int(now.timestamp())), now)
    return Probe(url, links.tokens.proof(url.rpartition("/")[2]))

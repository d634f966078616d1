"""The keys that sign letters, as the settings name them."""

from collections.abc import Callable, Mapping
from pathlib import Path

from pressrun.model.problems import SettingsError
from pressrun.model.publication import Publication
from pressrun.model.signing import Signing, is_aligned
from pressrun.press.newsletter.message import AddressedLetter
from pressrun.settings.environment import signing_from
from pressrun.settings.private import read_private

WITHOUT = "Signing emails needs the package cryptography, which is missing: install Pressrun again."


def signer_for(
    publication: Publication, source: Path, environment: Mapping[str, str]
) -> Callable[[AddressedLetter], AddressedLetter]:
    """What signs the letters of *publication*; nothing is signed where no selector is named.

    Raises SettingsError where a key cannot be had, others can read it, or its signature would be of no use.
    """
    signing = signing_from(environment, publication.mail.signing, lambda path: Path(path).read_text("utf-8"))
    if not signing.selectors:
        return lambda letter: letter
    domain = domain_of(signing, publication)
    try:
        from pressrun.press.newsletter.dkim import PrivateKey, Signer
    except ModuleNotFoundError as error:
        raise SettingsError(WITHOUT) from error
    keys = []
    for selector in signing.selectors:
        path = key_file(signing, selector, source)
        try:
            keys.append(PrivateKey.read(selector, read_private(path, "sign as you")))
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            hint = f"pressrun keys dkim {selector} makes one" if isinstance(error, FileNotFoundError) else "look there"
            raise SettingsError(f"The key {path} cannot be used: {reason}; {hint}.") from error
    return Signer(domain, keys)


def domain_of(signing: Signing, publication: Publication) -> str:
    """The domain that signs; raises SettingsError where it is nobody's, or not the sender's."""
    sender = publication.mail.sender
    of_sender = sender.address.rpartition("@")[2] if sender is not None else None
    domain = signing.domain or of_sender
    if domain is None:
        raise SettingsError("No domain signs: write mail: and below it from: into content/publication.yaml.")
    senders = (sender, *(each.sender for each in publication.lists))
    for address in (each.address for each in senders if each is not None):
        of_address = address.rpartition("@")[2]
        if not is_aligned(domain, of_address):
            raise SettingsError(
                f"Letters come from {of_address}, and {domain} would sign them: no receiver takes that for the "
                f"sender's signature (DMARC). Sign with dkim_domain: {of_address}, or send from an address of {domain}."
            )
    return domain


def key_file(signing: Signing, selector: str, source: Path) -> Path:
    """Where the key of *selector* lies."""
    return source / signing.keys / f"{selector}.pem"

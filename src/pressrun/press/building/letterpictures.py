"""Pictures as emails show them: scaled, in a format that mail programs know, and published beside the originals."""

from dataclasses import dataclass, field, replace
from typing import NamedTuple

from pressrun.content.source.files import ContentFolder
from pressrun.model.addresses import Addresses
from pressrun.model.output import PUBLIC, OutputFile
from pressrun.model.picture import Picture
from pressrun.press.building.cache import Cache, versions
from pressrun.rendering.pictures.unfit import Unfit
from pressrun.rendering.pictures.variants import PictureFinding, Variant, variant_of, variant_path

NOT_IN_MAIL = frozenset({"image/svg+xml", "image/webp", "image/avif"})


class Scaled(NamedTuple):
    """A picture for emails, None where they cannot show it; the file to publish, if it is a new one; and findings."""

    picture: Picture | None
    file: OutputFile | None
    findings: tuple[PictureFinding, ...]


@dataclass(frozen=True, slots=True)
class Scaling:
    """Scales the pictures of one run, each once for each width."""

    folder: ContentFolder
    addresses: Addresses
    cache: Cache
    _known: dict[tuple[str, int], Scaled] = field(default_factory=dict)

    def scaled(self, picture: Picture, width: int) -> Scaled:
        """Return *picture* as emails show it, at most *width* pixels wide."""
        if (picture.url, width) not in self._known:
            self._known[picture.url, width] = self._made(picture, width)
        return self._known[picture.url, width]

    def _made(self, picture: Picture, width: int) -> Scaled:
        if not picture.source:  # it is on another host, and building asks no network
            if picture.media_type not in NOT_IN_MAIL:
                return Scaled(picture, None, ())
            message = f"many mail programs do not show {picture.media_type} pictures, so letters leave this one out"
            return Scaled(None, None, (PictureFinding(message, "link to a PNG, JPEG or GIF"),))
        data = self.folder.files[picture.source].read_bytes()
        key = (data, str(width), versions("Pillow"))
        try:
            made = self.cache.made("picture", key, lambda: variant_of(data, width).to_bytes())
        except Unfit as error:
            return Scaled(None, None, (PictureFinding(f"{error}, so letters leave it out", error.hint),))
        variant = Variant.from_bytes(made)
        if variant.data == data:
            return Scaled(picture, None, variant.findings)
        path = variant_path(picture.source, variant)
        published = replace(
            picture,
            path=path,
            url=self.addresses.url(path),
            media_type=variant.media_type,
            size=len(variant.data),
            width=variant.width,
            height=variant.height,
        )
        file = OutputFile(f"{PUBLIC}/{path}", variant.data, f"content/{picture.source}")
        return Scaled(published, file, variant.findings)


@dataclass(frozen=True, slots=True)
class ShownPictures:
    """The pictures of one newsletter: the files made for them, and the findings about each by its address."""

    scaling: Scaling
    findings: dict[str, list[PictureFinding]] = field(default_factory=dict)
    _files: dict[str, OutputFile] = field(default_factory=dict)

    @property
    def files(self) -> tuple[OutputFile, ...]:
        """The files to publish."""
        return tuple(self._files.values())

    def scaled(self, picture: Picture, width: int) -> Picture | None:
        """Return *picture* at most *width* pixels wide; None where mail programs would not show it."""
        found = self.scaling.scaled(picture, width)
        known = self.findings.setdefault(picture.url, [])
        known += [finding for finding in found.findings if finding not in known]
        if found.file is not None:
            self._files[found.file.path] = found.file
        return replace(found.picture, alt=picture.alt) if found.picture else None

"""Words that say nothing, by language, and hosts that hide where a link leads: what the rules of texts go by."""

import re
import unicodedata

# What a link says that does not say where it leads, in small letters. English is looked for in every text.
EMPTY_LINKS = {
    "en": (
        "here, right here, over here, see here, click, click here, click this, click this link, click me, tap here, "
        "press here, link, this, that, this link, this page, more, read more, see more, view more, show more, "
        "learn more, find out more, more info, more information, more here, read on, read this, continue, "
        "continue reading, keep reading, go, go here"
    ),
    "de": (
        "hier, hier klicken, klick hier, klicke hier, klicken sie hier, mehr, mehr dazu, mehr lesen, mehr erfahren, "
        "mehr infos, mehr informationen, lesen sie mehr, lies mehr, weiter, weiterlesen, weiter lesen, link, "
        "dieser link, diesen link, diese seite"
    ),
    "fr": (
        "ici, par ici, cliquez ici, cliquer ici, clique ici, plus, lire plus, voir plus, lire la suite, suite, "
        "la suite, en savoir plus, plus d'infos, plus d'informations, lien, ce lien, cette page"
    ),
    "es": (
        "aquí, aqui, haz clic aquí, haga clic aquí, clic aquí, pulsa aquí, pulse aquí, pincha aquí, más, mas, "
        "leer más, ver más, saber más, más información, más info, seguir leyendo, continuar leyendo, enlace, "
        "este enlace, esta página"
    ),
    "nl": (
        "hier, klik hier, meer, lees meer, meer lezen, lees verder, verder lezen, meer info, meer informatie, "
        "meer weten, link, deze link, deze pagina"
    ),
}
_EMPTY_LINKS = {language: frozenset(re.split(r",\s+", words)) for language, words in EMPTY_LINKS.items()}

# What a picture's text says that does not say what it shows.
_EMPTY_ALTS = frozenset(
    "image, an image, the image, img, picture, a picture, the picture, pic, photo, a photo, photograph, graphic, "
    "figure, illustration, drawing, screenshot, a screenshot, screen shot, banner, header, header image, cover, "
    "cover image, featured image, hero image, thumbnail, icon, alt, alt text, untitled, placeholder, bild, foto, "
    "abbildung, grafik, imagen, fotografía, ilustración, image d'illustration, illustration, photographie, "
    "afbeelding, plaatje, figuur".split(", ")
)
_FILE_NAME = re.compile(r"\S+\.(?:png|jpe?g|gif|webp|avif|svg|bmp|tiff?|heic)", re.IGNORECASE)
_CAMERAS_NAME = re.compile(
    r"(?:img|image|dsc|dscf|dscn|pxl|mvi|gopr|dji|screen ?shot|screenshot|bildschirmfoto|photo|pic|picture|bild|foto|"
    r"imagen|afbeelding|p|untitled)[-_ ]*\d[\d\s_.:-]*(?:wa\d+|at \d[\d.: ]*(?:[ap]m)?)?",
    re.IGNORECASE,
)

# Hosts whose only business is to lead elsewhere. Some have closed, and took their links along.
SHORTENERS = frozenset(
    "adf.ly bit.ly bitly.com bl.ink buff.ly cutt.ly dlvr.it fb.me goo.gl ift.tt is.gd j.mp lnkd.in ow.ly rb.gy "
    "rebrand.ly s.id shorturl.at snip.ly soo.gd t.co t.ly tiny.cc tiny.one tinyurl.com trib.al v.gd".split()
)
# Nobody else reads what is sent to these; or they are encrypted by other means; or they are examples (RFC 2606, 6761).
_OWN_HOST = re.compile(
    r"localhost|.*\.(?:localhost|local|test|example|invalid|onion|i2p|internal)"
    r"|127\.[\d.]+|10\.[\d.]+|192\.168\.[\d.]+|172\.(?:1[6-9]|2\d|3[01])\.[\d.]+|\[.*\]|[^.]*|slot\.invalid"
)


def says_nothing(words: str, language: str) -> bool:
    """Whether a link of these *words*, in a text of *language*, does not say where it leads."""
    said = " ".join(_bare(words).casefold().replace("’", "'").split())
    primary = language.lower().split("-")[0]
    return said in _EMPTY_LINKS["en"] or said in _EMPTY_LINKS.get(primary, ())


def _bare(words: str) -> str:
    """*words* without the arrows, dots and quotes around them."""
    kept = [number for number, sign in enumerate(words) if unicodedata.category(sign)[0] in "LNM"]
    return words[kept[0] : kept[-1] + 1] if kept else ""


def shows_nothing(alt: str, stem: str) -> bool:
    """Whether *alt* does not say what a picture shows, whose file is called *stem* without its ending."""
    said = " ".join(alt.split())
    return (
        said.casefold().strip(".!:") in _EMPTY_ALTS
        or _FILE_NAME.fullmatch(said) is not None
        or _CAMERAS_NAME.fullmatch(said) is not None
        # One plain word may well be what the file is called after.
        or (said == stem and not (said.isalpha() and not said.islower()))
    )


def is_open(host: str) -> bool:
    """Whether what is sent to *host* unencrypted can be read by others, and *host* is not just an example."""
    return _OWN_HOST.fullmatch(host.lower()) is None


def is_shortener(host: str) -> bool:
    """Whether *host* only leads on to other addresses."""
    return host.lower().removeprefix("www.") in SHORTENERS

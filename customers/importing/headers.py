"""Headers as they are compared: without width, case, spaces and punctuation."""

import re
import unicodedata

BRACKETS = re.compile(r"[(\[{<【〔「『《].*?[)\]}>】〕」』》]")
_UNIT = re.compile("(?:十億|億|千万|百万|十万|万|千)?円$")
_NOISE = re.compile(r"[\s_\-‐・･:：;/／\\.,、。*※\"'()\[\]{}<>【】〔〕「」『』《》#＃?？!！]+")


def plain(header: str) -> str:
    """A header as it is compared: NFKC, lower case, without spaces, brackets and punctuation."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", header).casefold())


def without_brackets(header: str) -> str:
    """The same, with all that stands in brackets left out: 金額(税込) → 金額."""
    return plain(BRACKETS.sub("", unicodedata.normalize("NFKC", header)))


def without_unit(header: str) -> str:
    """The same, without the unit it ends with: 金額_千円 → 金額."""
    return _UNIT.sub("", without_brackets(header))


def in_brackets(header: str) -> list[str]:
    """What stands in brackets: 金額(USD) → ["USD"]."""
    return [text[1:-1] for text in BRACKETS.findall(unicodedata.normalize("NFKC", header))]

"""Headers as they are compared: without width, case, spaces and punctuation."""

import re
import unicodedata

BRACKETS = re.compile(r"[(\[{<【〔「『《].*?[)\]}>】〕」』》]")
_NOISE = re.compile(r"[\s_\-‐・･:：;/／\\.,、。*※\"'()\[\]{}<>【】〔〕「」『』《》#＃?？!！]+")


def plain(header: str) -> str:
    """A header as it is compared: NFKC, lower case, without spaces, brackets and punctuation."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", header).casefold())


def without_brackets(header: str) -> str:
    """The same, with all that stands in brackets left out: 金額(税込) → 金額."""
    return plain(BRACKETS.sub("", unicodedata.normalize("NFKC", header)))


def in_brackets(header: str) -> list[str]:
    """What stands in brackets: 金額(USD) → ["USD"]."""
    return [text[1:-1] for text in BRACKETS.findall(unicodedata.normalize("NFKC", header))]

"""What speaks for one encoding or another where more than one fits the bytes."""

import re
from pathlib import Path

_ENOUGH = 20_000
_RUN = re.compile(r"[A-Za-z]?[^\x00-\x7f]+[A-Za-z]?")
_KANA = re.compile("[ぁ-んァ-ヶー]")
_HALF_WIDTH = re.compile("[\uff61-\uff9f]")
# Three hiragana or katakana in EUC-JP, three kana or kanji in UTF-8: as cp932 they are nonsense nobody writes.
_FOREIGN = re.compile(rb"(?:[\xa4\xa5][\xa1-\xf6]){3}|(?:[\xe3-\xe9][\x80-\xbf][\x80-\xbf]){3}")
_STEP, _OVERLAP = 1 << 20, 16


class Evidence:
    """The characters beyond ASCII of a text, as far as needed, with the letters that touch them."""

    def __init__(self) -> None:
        self._runs: list[str] = []
        self._count = 0

    def look(self, block: str) -> None:
        """Take a block of text in."""
        if block.isascii() or self.is_enough:
            return
        for match in _RUN.finditer(block):
            self._runs.append(match[0])
            self._count += len(match[0])
            if self._count > _ENOUGH:
                return

    @property
    def is_enough(self) -> bool:
        return self._count > _ENOUGH

    @property
    def half_width(self) -> float:
        """Share of half-width kana: EUC-JP read as cp932 is full of them."""
        return self._share(_HALF_WIDTH)

    @property
    def kana(self) -> float:
        """Share of kana: half-width kana of cp932 read as EUC-JP are kanji without any."""
        return self._share(_KANA)

    @property
    def looks_western(self) -> bool:
        """Most characters stand alone among letters, as accented ones do: é read as cp932 is a kanji with the next."""
        alone = sum(1 for run in self._runs if 0 < _beyond(run) < 2 and _beyond(run) < len(run))
        return 2 * alone > len(self._runs)

    @property
    def may_be_half_width(self) -> bool:
        """Whether this UTF-8 of two-byte letters apart from all others may as well be half-width kana in cp932."""
        beyond = [c for run in self._runs for c in run if not c.isascii()]
        return (
            bool(beyond)
            and all("\x80" < c < "\u0800" and ord(c) & 0x3F >= 0x26 for c in beyond)
            and not any(_beyond(run) < len(run) for run in self._runs)
            and any(c.isalpha() for c in beyond)
        )

    def _share(self, pattern: re.Pattern) -> float:
        text = "".join(self._runs)
        beyond = sum(1 for c in text if not c.isascii())
        return len(pattern.findall(text)) / max(1, beyond)


def _beyond(run: str) -> int:
    return sum(1 for c in run if not c.isascii())


def foreign_line(path: Path) -> int:
    """The first line of a cp932 file that is UTF-8 or EUC-JP; 0 where there is none."""
    line, rest = 1, b""
    with path.open("rb") as file:
        while block := file.read(_STEP):
            data = rest + block
            if match := _FOREIGN.search(data):
                return line + _line_ends(data[: match.start()])
            rest = data[-_OVERLAP:]
            line += _line_ends(data[: -len(rest)])
    return 0


def _line_ends(data: bytes) -> int:
    return data.count(b"\n") or data.count(b"\r")

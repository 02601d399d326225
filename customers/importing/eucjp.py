"""What Windows writes into EUC-JP beyond the standard (① ㈱ 髙: NEC's rows), as error handlers of the codec.

`exact` reads those and raises at all else; `marked` makes U+FFFD (in writing: ?) of what no codec can read.
"""

import codecs

MARK = "\ufffd"
_NEC_ROWS = (13, 89, 90, 91, 92)


def _as_cp932(row: int, cell: int) -> bytes:
    """Row and cell of JIS X 0208 as Shift_JIS bytes."""
    lead = (row - 1) // 2 + 0x81
    trail = cell + 63 + (cell > 63) if row % 2 else cell + 158
    return bytes((lead + 0x40 if lead > 0x9F else lead, trail))


def _characters() -> dict[bytes, str]:
    found = {}
    for row in _NEC_ROWS:
        for cell in range(1, 95):
            try:
                found[bytes((row + 0xA0, cell + 0xA0))] = _as_cp932(row, cell).decode("cp932")
            except UnicodeDecodeError:
                continue
    return found


_TO_TEXT = _characters()
_TO_BYTES = {text: pair for pair, text in reversed(_TO_TEXT.items())}


def exact(error: UnicodeError) -> tuple[str | bytes, int]:
    """Read or write one of NEC's characters; any other error stands."""
    if isinstance(error, UnicodeDecodeError) and error.encoding == "euc_jp":
        pair = error.object[error.start : error.start + 2]
        if pair in _TO_TEXT:
            return _TO_TEXT[pair], error.start + 2
    raise error


def marked(error: UnicodeError) -> tuple[str | bytes, int]:
    """As `exact`; what cannot be read is U+FFFD, what cannot be written is ?."""
    if isinstance(error, UnicodeEncodeError):
        known = _TO_BYTES.get(error.object[error.start]) if error.encoding == "euc_jp" else None
        return known or "?", error.start + 1
    try:
        return exact(error)
    except UnicodeDecodeError as unread:
        return MARK, unread.end


codecs.register_error("exact", exact)
codecs.register_error("marked", marked)

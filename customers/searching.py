"""Keeps what search and the order of lists rest on in step with the customers.

The same forms stand in the database as customers_search_form and customers_sort_form (migration 0006).
"""

import re
import unicodedata
from collections.abc import Sequence

from common import sql

KATAKANA = {code: code + 0x60 for code in range(ord("ぁ"), ord("ゖ") + 1)}
_GLYPHS, _PLAIN_GLYPHS = "髙﨑德濵邉邊齋齊斎澤嶋國廣櫻", "高崎徳浜辺辺斉斉斉沢島国広桜"
_LEGAL_FORMS = (
    "株式会社|有限会社|合同会社|合資会社|合名会社|一般社団法人|一般財団法人|公益社団法人|公益財団法人|医療法人|社会福祉法人|学校法人"
    "|[(](?:株|有|同|資|名|社|財|医|福|学)[)]"
)
_LEGAL_KANA = (
    "^(?:カブシキガイシャ|カブシキガイシヤ|ユウゲンガイシャ|ユウゲンガイシヤ|ゴウドウガイシャ|ゴウドウガイシヤ)"
)
# In gojūon order が stands with か, っ with つ, and katakana with hiragana.
_SMALL = dict(zip("ぁぃぅぇぉっゃゅょゎゕゖ", "あいうえおつやゆよわかけ", strict=True))
_PLAIN = {chr(code): _SMALL.get(chr(code), unicodedata.normalize("NFD", chr(code))[0]) for code in KATAKANA}
_SORTED_AS = {**_PLAIN, **{kana.translate(KATAKANA): plain for kana, plain in _PLAIN.items()}}
_SORTING = str.maketrans("".join(_SORTED_AS), "".join(_SORTED_AS.values()))
_NOT_LETTERS = r"[-\s‐–−ー・.,、。()/_'\"&]+"


def refresh(ids: Sequence[int]) -> int:
    """Rewrite search_text and sort_key of these customers from themselves and their contacts; returns how many."""
    return sql.run("customers/sql/search_text.sql", {"ids": list(ids)})


def search_form(text: str) -> str:
    """A text as it is compared in search: any width, kana or hiragana, 髙 = 高, without spaces and (株)."""
    text = unicodedata.normalize("NFKC", text).lower().translate(KATAKANA)
    text = re.sub(_LEGAL_FORMS, "", text.translate(str.maketrans(_GLYPHS, _PLAIN_GLYPHS)))
    return re.sub(_NOT_LETTERS, "", text)


def sort_form(text: str) -> str:
    """A reading as plain hiragana without the legal form: ordered by it, names stand in gojūon order."""
    text = re.sub(_LEGAL_FORMS, "", unicodedata.normalize("NFKC", text).lower())
    return re.sub(_LEGAL_KANA, "", text).strip().translate(_SORTING)[:200]

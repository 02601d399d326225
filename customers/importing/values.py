"""One raw text → its canonical text. Pure; called once for each *distinct* value of a column.

Every reader takes text that is already NFKC and trimmed, and returns (canonical text, error code); one of the two
is ''. What cannot be read exactly is an error, never a guess.
"""

import datetime as dt
import re
from decimal import Decimal

from .kinds.column import words as _words

Read = tuple[str, str]

NOTHING = frozenset(
    ["-", "--", "ー", "―", "–", "なし", "無し", "不明", "未定", "null", "nan", "n/a", "#n/a", "none", "nil"]
)
_ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925, "大正": 1911, "明治": 1867}
_ERAS |= {"r": 2018, "h": 1988, "s": 1925, "t": 1911, "m": 1867}
_ERA_STARTS = {2018: (2019, 5, 1), 1988: (1989, 1, 8), 1925: (1926, 12, 25), 1911: (1912, 7, 30), 1867: (1868, 1, 25)}
_ERA_ENDS = {1988: (2019, 4, 30), 1925: (1989, 1, 7), 1911: (1926, 12, 25), 1867: (1912, 7, 30)}
_MONTH_WORDS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {word: number for number, word in enumerate(_MONTH_WORDS, 1)}

_WEEKDAY = re.compile(r"\s*[(（\[]?(?:[月火水木金土日]曜?日?|mon|tue|wed|thu|fri|sat|sun)[)）\]]", re.IGNORECASE)
_YEAR_FIRST = re.compile(r"(\d{4})(?:[-/.]|年)\s*(\d{1,2})(?:[-/.]|月)\s*(\d{1,2})日?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_ERA_DAY = re.compile(
    r"(令和|平成|昭和|大正|明治|[rhstm])\.?\s*(元|\d{1,2})(?:[-/.]|年)\s*(\d{1,2})(?:[-/.]|月)\s*(\d{1,2})日?"
)
_YEAR_LAST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")
_MONTH_NAME = re.compile(r"(?:(\d{1,2})[ -])?([a-z]{3})[a-z]*\.?(?:[ -](\d{1,2}),?)?[ ,-]+(\d{4})")
_SERIAL = re.compile(r"(\d{5})(\.\d+)?")
_TIME = re.compile(r"(\d{1,2})(?::|時)(\d{2})分?(?::?(\d{2})(\.\d{1,6})?\d*秒?)?")
_OFFSET = re.compile(r"\s*(z|utc|[+-]\d{2}:?\d{2}|[+-]\d{2})$")
_DIGITS_14 = re.compile(r"(\d{8})(\d{2})(\d{2})(\d{2})?")
_SPLIT = re.compile(r"^(.*?\d(?:日|\s*[(（][^)）]*[)）])?)(?:\s+|t)((?:午前|午後|am|pm)?\s*\d{1,2}(?::|時).*)$")
_SPLIT_TIGHT = re.compile(r"^(.*日)((?:午前|午後)?\d{1,2}(?::|時).*)$")
_CURRENCIES = {
    "¥": "JPY",
    "円": "JPY",
    "jpy": "JPY",
    "日本円": "JPY",
    "$": "USD",
    "usd": "USD",
    "ドル": "USD",
    "米ドル": "USD",
    "€": "EUR",
    "eur": "EUR",
    "ユーロ": "EUR",
    "£": "GBP",
    "gbp": "GBP",
    "ポンド": "GBP",
}
_UNITS = {"千": 1000, "万": 10_000, "百万": 1_000_000, "億": 100_000_000}
_REDUCED_RATE = frozenset(["軽減", "軽減税率", "軽減税率対象", "軽減対象"])
_GENERAL_RATE = frozenset(["標準", "標準税率", "一般税率"])
_COUNTERS = re.compile(r"(個|本|枚|点|台|件|名|人|冊|箱|セット|pcs?)$")
_AMOUNT = re.compile(
    r"(?P<open>\()?(?P<s1>[△▲−–‐ー+-])?(?P<c1>¥|\$|€|£|[a-z]{3})?(?P<s2>[△▲−–‐ー+-])?"
    r"(?P<number>(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d*)?|\.\d+)"
    r"(?P<unit>百万|千|万|億)?(?P<c2>円|\$|€|£|[a-z]{3})?(?P<s3>-)?(?P<close>\))?"
)
_LARGEST = Decimal("999999999999.99")
_MOST_PIECES = Decimal("999999999.999")
_MOST = 1_000_000_000

_TRUE = frozenset(
    _words("""1 true t yes y on ○ 〇 ◯ ● ◎ ✓ ✔ レ はい 有 有り あり 可 要 する ok 希望 希望する 許可 同意 同意する
    承諾 受信 購読""")
)
_FALSE = frozenset(
    _words("""0 false f no n off × x ✕ ✗ いいえ 無 無し なし 不可 不要 しない ng 希望しない 拒否 停止 解除 同意しない
    禁止""")
)
_BARE = frozenset(["1", "0", "true", "false", "t", "f", "on", "off"])
_SAYS_NO = frozenset(_words("""不可 不要 ng 拒否 停止 禁止 希望しない 同意しない しない 解除 × x ✕ ✗"""))
_SAYS_YES = frozenset(_words("""可 ok 希望 希望する 許可 同意 同意する 承諾 受信 購読"""))
# Words that say for themselves whether one may be written to; a bare × says no but not, under 停止, of what.
_CLEAR = (_SAYS_YES | _SAYS_NO | {"要"}) - frozenset(_words("""× x ✕ ✗ 停止 解除 しない"""))
_CANCELLED = frozenset(
    _words("""
    cancelled canceled voided expired キャンセル キャンセル済 キャンセル済み 取消 取消し 取り消し 取消済 取消済み
    注文取消 注文取消し 注文キャンセル 購入処理中 決済処理中
    """)
)
_KINDS = {"person": "person", "個人": "person", "b2c": "person", "individual": "person", "個": "person"}
_KINDS |= {
    "company": "company",
    "法人": "company",
    "会社": "company",
    "企業": "company",
    "b2b": "company",
    "business": "company",
    "団体": "company",
    "法": "company",
}
_CYCLES = {
    "monthly": "monthly",
    "月": "monthly",
    "月次": "monthly",
    "月払": "monthly",
    "月払い": "monthly",
    "毎月": "monthly",
    "月額": "monthly",
    "month": "monthly",
}
_CYCLES |= {
    "yearly": "yearly",
    "annual": "yearly",
    "annually": "yearly",
    "年": "yearly",
    "年次": "yearly",
    "年払": "yearly",
    "年払い": "yearly",
    "毎年": "yearly",
    "年額": "yearly",
    "year": "yearly",
}


def read_day(text: str, order: str = "", zone: dt.tzinfo | None = None, is_utc: bool = False) -> Read:
    """A day as YYYY-MM-DD; `order` (YMD, DMY, MDY) tells day and month apart where the year comes last.

    A moment with an offset (or in UTC) is the day it falls on in `zone`.
    """
    text = _WEEKDAY.sub("", text.lower()).strip()
    if match := _SPLIT.match(text) or _SPLIT_TIGHT.match(text):
        return _day_of_moment(match[1], _time(match[2]), order, zone, is_utc)
    if _DIGITS_14.fullmatch(text):
        text = text[:8]
    if _YEAR_LAST.fullmatch(text) and order not in {"DMY", "MDY"}:
        return "", "ambiguous_date"
    day = _day(text, order)
    return (day.isoformat(), "") if day else ("", "bad_date")


def _day_of_moment(day_text: str, time: str | None, order: str, zone: dt.tzinfo | None, is_utc: bool) -> Read:
    if time is None:
        return "", "bad_date"
    day, code = read_day(day_text, order)
    if code or zone is None or not (is_utc or "+" in time or "-" in time):
        return day, code
    moment = dt.datetime.fromisoformat(f"{day} {time[:8]}{_offset_of(time) or '+00:00'}")
    return moment.astimezone(zone).date().isoformat(), ""


def _offset_of(time: str) -> str:
    return time[-6:] if time[-6:-5] in {"+", "-"} else ""


def read_moment(text: str, order: str = "") -> Read:
    """A moment as 'YYYY-MM-DD HH:MM:SS', business time, or with its offset. A day alone is its first moment."""
    text = _WEEKDAY.sub("", text.lower()).strip()
    if match := _SERIAL.fullmatch(text):
        return _serial_moment(int(match[1]), Decimal(match[2] or 0))
    if match := _DIGITS_14.fullmatch(text):
        text = f"{match[1]} {match[2]}:{match[3]}:{match[4] or '00'}"
    match = _SPLIT.match(text) or _SPLIT_TIGHT.match(text)
    if not match:
        day, code = read_day(text, order)
        return (f"{day} 00:00:00", "") if day else ("", code)
    day, code = read_day(match[1], order)
    time = _time(match[2])
    if code or time is None:
        return "", code or "bad_time"
    return f"{day} {time}", ""


def read_amount(text: str, currency: str = "JPY", places: int = 2, scale: int = 1) -> Read:
    """An amount, by default with at most two decimals. △ ▲ ( ) and a minus on either side are negative.

    `scale` is what the header says an amount counts (千円: 1000); a cell that names a unit of its own is an error then.
    """
    match = _AMOUNT.fullmatch(text.lower().replace(" ", "").replace("\\", "¥"))
    if not match:
        return "", "bad_amount"
    if any(_CURRENCIES.get(match[name], match[name].upper()) != currency for name in ("c1", "c2") if match[name]):
        return "", "other_currency"
    marks = [name for name in ("open", "s1", "s2", "s3") if match[name] and match[name] != "+"]
    if len(marks) > 1 or bool(match["open"]) != bool(match["close"]):
        return "", "bad_amount"
    if scale != 1 and (match["unit"] or match["c2"] == "円"):
        return "", "unclear_unit"
    value = Decimal(match["number"].replace(",", "")) * _UNITS.get(match["unit"], 1) * scale
    return _amount(-value if marks else value, places)


def read_number(text: str) -> Read:
    """A quantity, up to three decimals."""
    value, code = read_amount(_COUNTERS.sub("", text.lower()), currency="", places=3)
    return (value, "") if not code and abs(Decimal(value)) < _MOST else ("", "bad_number")


def read_score(text: str) -> Read:
    """A mark a person gave: from 0 to 100, at most one decimal; 点 may follow it."""
    match = re.fullmatch(r"(\d{1,3}(?:\.\d)?)0*点?", text)
    return (match[1], "") if match and Decimal(match[1]) <= 100 else ("", "bad_score")


def read_choice(text: str, choices: dict[str, str], code: str) -> Read:
    """The value a word stands for; case, spaces, hyphens and underscores in it don't count."""
    value = choices.get(re.sub(r"[\s_-]", "", text.lower()), "")
    return value, "" if value else code


def read_integer(text: str) -> Read:
    """A whole number from 0; 席, 名, 日 and the like may follow it."""
    match = re.fullmatch(r"(\d{1,3}(?:,\d{3})+|\d+)(?:\.0+)?\s*(席|名|人|日|id|件|日前)?", text.lower())
    if not match or int(match[1].replace(",", "")) > 2_000_000_000:
        return "", "bad_number"
    return str(int(match[1].replace(",", ""))), ""


def read_rate(text: str) -> Read:
    """A tax rate in percent: 10, 10%, 0.1, 軽減8%. 標準税率 is the general rate of the day: no rate of its own."""
    text = text.lower().replace(" ", "")
    if text in _GENERAL_RATE or text in _REDUCED_RATE:
        return ("8" if text in _REDUCED_RATE else ""), ""
    match = re.fullmatch(
        r"(?:軽減|標準|非課税|内税|外税)?(\d{1,2}(?:\.\d+)?)?(%)?\(?(?:軽減|軽減税率|標準|軽|※|\*)?\)?", text
    )
    if not match or not (match[1] or text.startswith("非課税")):
        return "", "bad_rate"
    rate = Decimal(match[1] or 0)
    rate = rate * 100 if 0 < rate < 1 and not match[2] else rate
    return (f"{rate.normalize():f}", "") if rate <= 30 else ("", "bad_rate")


def read_reduced(text: str) -> Read:
    """The rate a mark under 軽減税率 stands for: ※, ○ or 8% is 8, any no is the general rate of the day."""
    text = text.lower().replace(" ", "")
    if text in _FALSE or text in {"対象外", "10%", "10"}:
        return "", ""
    return ("8", "") if text in _TRUE or text in {"※", "*", "軽", "対象", "8"} else read_rate(text)


def read_boolean(text: str) -> Read:
    """true or false."""
    text = text.lower()
    if text in _TRUE or text in {"税込", "内税", "自動更新"}:
        return "true", ""
    if text in _FALSE or text in {"税抜", "外税", "税別"}:
        return "false", ""
    return "", "bad_boolean"


def read_consent(text: str, direction: str) -> Read:
    """Yes (true) or no (false). A bare 1/0 counts as no where the header does not say which way it points."""
    text = text.lower()
    if text in _SAYS_NO or text in _SAYS_YES:
        return ("true" if text in _SAYS_YES else "false"), ""
    value, code = read_boolean(text)
    if code:
        return "", code
    if direction == "negative":
        value = "false" if value == "true" else "true"
    return ("false" if direction == "unclear" and text in _BARE else value), ""


def is_clear_consent(text: str) -> bool:
    """Whether a text says yes or no for itself, whichever way the header points: 可, 不可, 希望しない."""
    return text.lower() in _CLEAR


def read_order_status(text: str) -> Read:
    """The reject code of an order that was cancelled; any other state of an order is no matter of ours."""
    return ("cancelled_order" if text.lower() in _CANCELLED else ""), ""


def read_kind(text: str) -> Read:
    """person or company."""
    kind = _KINDS.get(text.lower(), "")
    return kind, "" if kind else "bad_kind"


def read_currency(text: str, currency: str) -> Read:
    """The company's currency by its code, sign or name; any other is an error."""
    return (currency, "") if _CURRENCIES.get(text.lower(), text.upper()) == currency else ("", "other_currency")


def currency_of(text: str) -> str:
    """The code a text stands for, if it is a currency this product can tell: usd, $, ドル → USD; else ''."""
    return _CURRENCIES.get(text.strip().lower(), "")


def read_cycle(text: str) -> Read:
    """monthly or yearly."""
    cycle = _CYCLES.get(text.lower(), "")
    return cycle, "" if cycle else "bad_cycle"


def _day(text: str, order: str) -> dt.date | None:
    for pattern, build in _DAY_FORMS:
        if match := pattern.fullmatch(text):
            try:
                day = build(match, order)
            except ValueError:
                return None
            return day if day and 1868 <= day.year <= 2199 else None
    return None


def _era_day(match: re.Match, _order: str) -> dt.date | None:
    base = _ERAS[match[1]]
    year = base + (1 if match[2] == "元" else int(match[2]))
    day = dt.date(year, int(match[3]), int(match[4]))
    first, last = dt.date(*_ERA_STARTS[base]), dt.date(*_ERA_ENDS.get(base, (2199, 12, 31)))
    return day if first <= day <= last else None


def _year_last(match: re.Match, order: str) -> dt.date:
    first, second, year = int(match[1]), int(match[2]), int(match[3])
    return dt.date(year, second, first) if order == "DMY" else dt.date(year, first, second)


def _month_name(match: re.Match, _order: str) -> dt.date | None:
    day = match[1] or match[3]
    if match[2] not in _MONTHS or not day or (match[1] and match[3]):
        return None
    return dt.date(int(match[4]), _MONTHS[match[2]], int(day))


def _serial(match: re.Match, _order: str) -> dt.date:
    return dt.date(1899, 12, 30) + dt.timedelta(days=int(match[1]))


def _plain_day(match: re.Match, _order: str) -> dt.date:
    return dt.date(int(match[1]), int(match[2]), int(match[3]))


_DAY_FORMS = (
    (_YEAR_FIRST, _plain_day),
    (_COMPACT, _plain_day),
    (_ERA_DAY, _era_day),
    (_YEAR_LAST, _year_last),
    (_MONTH_NAME, _month_name),
    (_SERIAL, _serial),
)


def _serial_moment(days: int, part: Decimal) -> Read:
    """Excel counts days from 1899-12-30; its fraction is good to the second, rounded."""
    moment = dt.datetime(1899, 12, 30) + dt.timedelta(days=days, seconds=round(part * 86_400))  # noqa: DTZ001  # business time
    return moment.isoformat(sep=" "), ""


def _time(text: str) -> str | None:
    """HH:MM:SS with its offset where it has one; None where it cannot be read."""
    text = text.strip()
    half = next((word for word in ("午前", "午後", "am", "pm") if text.startswith(word) or text.endswith(word)), "")
    text = text.removeprefix(half).removesuffix(half).strip()
    offset = _OFFSET.search(text)
    text = text[: offset.start()] if offset else text
    match = _TIME.fullmatch(text) or re.fullmatch(r"(\d{1,2})時()()()", text)
    hour = _hour(int(match[1]), half) if match else None
    if match is None or hour is None or int(match[2] or 0) > 59 or int(match[3] or 0) > 59:
        return None
    zone = _zone(offset[1]) if offset else ""
    return f"{hour:02}:{match[2] or '00'}:{match[3] or '00'}{match[4] or ''}{zone}"


def _hour(hour: int, half: str) -> int | None:
    if half:
        afternoon = half in {"午後", "pm"}
        return hour % 12 + (12 if afternoon else 0) if hour <= 12 else None
    return hour if hour <= 23 else None


def _zone(text: str) -> str:
    if text in {"z", "utc"}:
        return "+00:00"
    return text if ":" in text else f"{text[:3]}:{text[3:] or '00'}"


def _amount(value: Decimal, places: int) -> Read:
    if abs(value) > _LARGEST:
        return "", "amount_too_large"
    exact = round(value, places)
    if exact != value:
        return "", "bad_amount"
    return f"{exact.normalize() + 0:f}", ""

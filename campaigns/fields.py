"""Merge fields: a closed set of texts about one recipient. A field that is empty for someone is absent."""

import datetime as dt
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

HONORIFICS = ("様", "さま", "さん", "殿")


@dataclass(frozen=True)
class Field:
    """`key` and `word` both work in texts: {{ addressee }} and {{ 宛名 }}."""

    key: str
    word: str
    label: str | Promise
    example: str


FIELDS = (
    Field(
        "addressee", "宛名", _("Addressee (company, department, name)"), "山田商事株式会社\n営業部 部長\n山田 太郎 様"
    ),
    Field("name", "お名前", _("Name"), "山田 太郎"),
    Field("family_name", "姓", _("Family name"), "山田"),
    Field("company", "会社名", _("Company"), "山田商事株式会社"),
    Field("department", "部署", _("Department"), "営業部"),
    Field("title", "役職", _("Title"), "部長"),
    Field("owner", "担当者名", _("Our person in charge"), "佐藤 花子"),
    Field("our_company", "自社名", _("Our company"), "株式会社もどる"),
    Field("offer", "特典", _("Offer"), "次回10%OFF"),
    Field("coupon", "クーポン", _("Coupon code"), "BACK-0123456789ABCDEF"),
    Field("expires_on", "有効期限", _("Valid until"), "2026/12/31"),
    Field("last_product", "前回の商品", _("Last product"), "ティーカップ"),
    Field("last_purchased_on", "前回の購入日", _("Day of the last purchase"), "2026/06/01"),
    Field("event_title", "イベント名", _("Event: name"), "秋の特別ご優待会"),
    Field("event_date", "開催日時", _("Event: day and time"), "2026年11月20日(金) 14:00〜16:00"),
    Field("event_place", "会場", _("Event: place"), "東京都千代田区千代田1-1"),
    Field("event_seats", "定員", _("Event: seats"), "40名"),
    Field("event_url", "申込みURL", _("Event: where to answer"), "https://example.jp/e/…/"),
    Field("event_until", "申込み期限", _("Event: answer until"), "2026年11月10日(火) 18:00"),
    Field("plan", "プラン", _("Plan"), "スタンダード"),
    Field("renews_on", "更新日", _("Renewal date"), "2026/12/31"),
    Field("notice_due_on", "解約申出期限", _("Notice deadline"), "2026/11/30"),
    Field("unsubscribe_url", "配信停止URL", _("Unsubscribe link"), "https://example.jp/u/…/"),
)
# What may be written where a field that can be empty is empty, in Japanese and English.
STAND_INS = {
    "name": ("お客様", "customer"),
    "family_name": ("お客様", "customer"),
    "company": ("貴社", "your company"),
    "department": ("ご担当部署", "your department"),
    "title": ("ご担当者", "your team"),
    "owner": ("お客様窓口", "customer care"),
    "last_product": ("前回の商品", "your last purchase"),
    "last_purchased_on": ("前回", "your last visit"),
    "plan": ("ご契約中のプラン", "your present plan"),
    "notice_due_on": ("更新日の前", "before the renewal"),
}
KEYS = {field.key for field in FIELDS}
WORDS = {field.word: field.key for field in FIELDS}


def addressee(*, is_company: bool, company: str, department: str, title: str, name: str) -> str:
    """宛名: 会社名 / 部署 役職 / 氏名 様, one a line.

    No name: 部署 御中, else ご担当者様 (never 部長様); a person without a name is お客様.
    """
    name = bare_name(name)
    if not name:
        return _nameless(is_company, company, department)
    place = " ".join(part for part in (department, title) if part)
    return "\n".join(line for line in (company, place, f"{name} 様") if line)


def _nameless(is_company: bool, company: str, department: str) -> str:
    if not is_company:
        return "お客様"
    last = f"{department} 御中" if department else "ご担当者様"
    return "\n".join(line for line in (company, last) if line)


def bare_name(name: str) -> str:
    """The name without the 様 someone typed behind it."""
    text = name.strip()
    for honorific in HONORIFICS:
        if text.endswith(honorific) and len(text) > len(honorific):
            return text.removesuffix(honorific).strip()
    return text


def family_name(name: str) -> str:
    """What stands before the first space; a name that can't be split is given whole."""
    parts = bare_name(name).split(maxsplit=1)
    return parts[0] if parts else ""


def values(
    row: Mapping[str, Any], *, unsubscribe_url: str, our_company: str, told: Mapping[str, str] = MappingProxyType({})
) -> dict[str, str]:
    """The fields of one recipient (a row of recipients.sql), under both their names, without the empty ones.

    `told`: what is the same for everybody or comes from us, such as the event's.
    """
    row = {key: _plain(value) if isinstance(value, str) else value for key, value in row.items()}
    is_company = row["kind"] == "company"
    name = row["contact_name"] or ("" if is_company else row["customer_name"])
    company = row["customer_name"] if is_company else row["employer"]
    given = {
        "addressee": addressee(
            is_company=is_company, company=company, department=row["department"], title=row["title"], name=name
        ),
        "name": bare_name(name),
        "family_name": family_name(name),
        "company": company,
        "department": row["department"],
        "title": row["title"],
        "owner": row["owner_name"],
        "our_company": _plain(our_company),
        "offer": row["offer"],
        "coupon": row["coupon"],
        "expires_on": _day(row["expires_on"]),
        "last_product": row["last_product"],
        "last_purchased_on": _day(row["last_purchased_on"]),
        "plan": row.get("plan", ""),
        "renews_on": _day(row.get("renews_on")),
        "notice_due_on": _day(row.get("notice_due_on")),
        "unsubscribe_url": unsubscribe_url,
    }
    return _present({**given, **told})


def _day(day: dt.date | None) -> str:
    return f"{day:%Y/%m/%d}" if day else ""


def _present(given: Mapping[str, str | None]) -> dict[str, str]:
    present = {key: text for key, text in given.items() if text}
    return present | {word: present[key] for word, key in WORDS.items() if key in present}


def _plain(text: str) -> str:
    """Without control characters: what a customer is called can't break a line or a header, nor be an address.

    A word joiner keeps mail programs from making a link of "https://…" in somebody's name.
    """
    if not text.isprintable():
        text = "".join(_printable(character) for character in text)
    return text.replace("://", ":\u2060//").strip() if "://" in text else text.strip()


def _printable(character: str) -> str:
    if character.isprintable() or character == "\u3000":
        return character
    return " " if unicodedata.category(character) in {"Cc", "Zl", "Zp", "Zs"} else ""

"""Invented customers of whom some are entered twice, in the ways people do: what matching is measured on.

Beside true doubles stand those that only look like it: families at one phone and house, branches under one 法人番号,
people of one name. `write` gives COPY-ready files and the pairs that are truly one; same size and seed, same bytes.
"""

import csv
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np


def _words(text: str) -> list[str]:
    return text.split()


KANJI = "山川田村木林森石島原野藤高中小大上下井口本橋谷沢崎浜松竹杉梅東西南北青赤白黒金水"
READ = _words(
    "ヤマ カワ タ ムラ キ ハヤシ モリ イシ シマ ハラ ノ フジ タカ ナカ コ オオ カミ シモ イ クチ モト ハシ タニ サワ"
    " サキ ハマ マツ タケ スギ ウメ ヒガシ ニシ ミナミ キタ アオ アカ シロ クロ カネ ミズ"
)
GIVEN = _words(
    "太郎 次郎 花子 良子 健一 直樹 美咲 陽子 浩 誠 真由美 恵 大輔 翔 愛 葵 蓮 結衣 隆 茂 学 勝 清 進 実 優 彩 舞 歩 望"
)
GIVEN_READ = _words(
    "タロウ ジロウ ハナコ リョウコ ケンイチ ナオキ ミサキ ヨウコ ヒロシ マコト マユミ メグミ ダイスケ ショウ アイ"
    " アオイ レン ユイ タカシ シゲル マナブ マサル キヨシ ススム ミノル ユウ アヤ マイ アユム ノゾミ"
)
TRADES = _words("商事 工業 食品 物流 建設 電機 製薬 印刷 書店 農園 酒造 運輸 機械 化学 家具 園芸 水産 文具 衣料 陶器")
TOWNS = _words(
    "中央 本町 栄町 港町 緑町 旭町 東町 西町 南町 北町 新町 元町 泉町 幸町 桜町 若葉町 大手町 錦町 寿町 末広町"
)
SEED = 20261122
PEOPLE, DOUBLES, FAMILIES, BRANCHES = 0.7, 0.04, 0.03, 0.02  # shares of the customers
OLD = str.maketrans("高崎沢島", "髙﨑澤嶋")


@dataclass
class Entry:
    """One customer as someone typed him."""

    kind: str
    name: str
    kana: str = ""
    email: str = ""
    phone: str = ""
    postal_code: str = ""
    address: str = ""
    birth_on: str = ""
    number: str = ""


@dataclass
class Invented:
    entries: list[Entry] = field(default_factory=list)
    doubles: list[tuple[int, int]] = field(default_factory=list)  # places of two entries that are one customer


class Inventor:
    def __init__(self, seed: int):
        self.rng = np.random.default_rng(seed)

    def pick(self, many: int, skewed: bool = False) -> int:
        drawn = self.rng.random()
        return int(many * (drawn * drawn if skewed else drawn))

    def family(self) -> tuple[str, str]:
        first, second = self.pick(len(KANJI), skewed=True), self.pick(len(KANJI))
        return KANJI[first] + KANJI[second], READ[first] + READ[second]

    def house(self) -> tuple[str, str]:
        postal = 1_000_000 + self.pick(60_000) * 37
        town = TOWNS[postal % 20] + KANJI[postal % 40]
        return f"{postal:07}", f"{town}{self.pick(6) + 1}-{self.pick(30) + 1}-{self.pick(40) + 1}"

    def mobile(self) -> str:
        return f"0{(7, 8, 9)[self.pick(3)]}0{self.pick(10**8):08}"

    def landline(self) -> str:
        return f"0{self.pick(8) + 1}{self.pick(10**8):08}"

    def person(self, place: int) -> Entry:
        (family, read), given, (postal, address) = self.family(), self.pick(len(GIVEN), skewed=True), self.house()
        born = (
            f"{1940 + self.pick(65)}-{self.pick(12) + 1:02}-{self.pick(28) + 1:02}" if self.rng.random() < 0.6 else ""
        )
        return Entry(
            "person",
            f"{family} {GIVEN[given]}",
            f"{read} {GIVEN_READ[given]}",
            f"p{place}@mail{place % 9}.example.jp" if self.rng.random() < 0.8 else "",
            self.mobile() if self.rng.random() < 0.85 else "",
            postal,
            address,
            born,
        )

    def company(self, place: int) -> Entry:
        (family, _read), (postal, address) = self.family(), self.house()
        name = f"株式会社{family}{TRADES[self.pick(20)]}{KANJI[self.pick(40)] if self.rng.random() < 0.5 else ''}"
        number = f"{10**12 + place * 7919:013}" if self.rng.random() < 0.5 else ""
        email = f"info@c{place}.example.jp" if self.rng.random() < 0.7 else ""
        return Entry("company", name, "", email, self.landline(), postal, address, number=number)

    def relative(self, one: Entry) -> Entry:
        """Someone else of the family: the same house, mostly the same phone."""
        family, read, given = one.name.split()[0], one.kana.split()[0], self.pick(len(GIVEN))
        if GIVEN[given] == one.name.split()[1]:
            given = (given + 1) % len(GIVEN)
        phone = one.phone if self.rng.random() < 0.7 else self.mobile()
        return Entry(
            "person", f"{family} {GIVEN[given]}", f"{read} {GIVEN_READ[given]}", "", phone, one.postal_code, one.address
        )

    def branch(self, one: Entry) -> Entry:
        postal, address = self.house()
        town = KANJI[self.pick(40)] + KANJI[self.pick(40)]
        return Entry("company", f"{one.name}{town}支店", "", "", self.landline(), postal, address, number=one.number)

    def double(self, one: Entry) -> Entry:
        """The same customer entered again, by what both have: spelt otherwise, something missing, something new."""
        ways = [self.by_house, self.with_a_slip]
        ways += [self.by_phone] * bool(one.phone) + [self.by_mail] * bool(one.email)
        ways += [self.by_birthday] * bool(one.birth_on)
        again = ways[self.pick(len(ways))](one)
        if one.kind == "company" and one.number and self.rng.random() < 0.5:
            again.number = one.number
        return again

    def spelt(self, one: Entry) -> str:
        name = one.name.translate(OLD) if self.rng.random() < 0.3 else one.name
        if one.kind == "company":
            return name.replace("株式会社", "") + "㈱" if self.rng.random() < 0.5 else name
        return name.replace(" ", ("", "　", " ")[self.pick(3)])

    def written(self, address: str) -> str:
        town, _, rest = address.partition("-")
        ban, go = rest.split("-")
        return (f"東京都{town}丁目{ban}番{go}号", f"{address} {self.pick(9) + 1}01", f"{town}丁目{ban}−{go}")[
            self.pick(3)
        ]

    def by_phone(self, one: Entry) -> Entry:
        return Entry(one.kind, self.spelt(one), "", "", one.phone, one.postal_code if self.rng.random() < 0.5 else "")

    def by_mail(self, one: Entry) -> Entry:
        return Entry(
            one.kind, self.spelt(one), one.kana, one.email.upper(), "", one.postal_code, self.written(one.address)
        )

    def by_birthday(self, one: Entry) -> Entry:
        return Entry(one.kind, self.spelt(one), one.kana, "", self.mobile(), *self.house(), one.birth_on)

    def by_house(self, one: Entry) -> Entry:
        return Entry(
            one.kind, self.spelt(one), one.kana.replace(" ", ""), "", "", one.postal_code, self.written(one.address)
        )

    def with_a_slip(self, one: Entry) -> Entry:
        in_name = not one.kana or self.rng.random() < 0.5
        name = one.name[:-1] + KANJI[self.pick(40)] if in_name else one.name
        kana = one.kana if in_name else one.kana[:-1] + "ア"
        return Entry(
            one.kind, name, kana, one.email, one.phone, one.postal_code, self.written(one.address), one.birth_on
        )


def invent(count: int, seed: int = SEED) -> Invented:
    """`count` customers; the shares above of them are doubles, relatives and branches of others."""
    inventor, made = Inventor(seed), Invented()
    base = int(count / (1 + DOUBLES + FAMILIES + BRANCHES))
    for place in range(base):
        made.entries.append(inventor.person(place) if inventor.rng.random() < PEOPLE else inventor.company(place))
    while len(made.entries) < count:
        place, drawn = inventor.pick(base), inventor.rng.random() * (DOUBLES + FAMILIES + BRANCHES)
        one = made.entries[place]
        if drawn < DOUBLES:
            made.doubles.append((place, len(made.entries)))
            made.entries.append(inventor.double(one))
        elif drawn < DOUBLES + FAMILIES and one.kind == "person":
            made.entries.append(inventor.relative(one))
        elif one.kind == "company" and one.number:
            made.entries.append(inventor.branch(one))
    return made


def write(folder: Path, made: Invented) -> tuple[Path, Path]:
    """customers and contacts for COPY: ids are places + 1."""
    customers, contacts = folder / "doubles_customers.csv", folder / "doubles_contacts.csv"
    with (
        customers.open("w", newline="", encoding="utf-8") as first,
        contacts.open("w", newline="", encoding="utf-8") as second,
    ):
        people, reached = csv.writer(first), csv.writer(second)
        for place, one in enumerate(made.entries, 1):
            people.writerow(
                [
                    place,
                    f"D{place:07}",
                    one.kind,
                    one.name,
                    one.kana,
                    one.postal_code,
                    one.address,
                    one.number,
                    one.birth_on,
                ]
            )
            reached.writerow([place, one.email, one.phone])
    return customers, contacts

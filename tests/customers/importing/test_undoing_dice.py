"""Files of dice: whatever a second set of files does to the first, undone it leaves the first as it was."""

import random

import pytest

from tests.customers.importing.undone import LATER, bring, kept, state, undo

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def people(dice):
    cells = [
        lambda: dice.choice(["青木商店", "山田 太郎", "鈴木 花子", "㈱緑物産"]),
        lambda: dice.choice(["", "関東", "関西", "九州"]),
        lambda: dice.choice(["", "小売", "卸売"]),
        lambda: dice.choice(["", "佐藤", "田中"]),
        lambda: dice.choice(["", f"p{dice.randint(1, 9)}@example.jp"]),
        lambda: dice.choice(["", "03-1111-1111", "06-2222-2222"]),
        lambda: dice.choice(["", "1", "0"]),
        lambda: dice.choice(["", "VIP", "VIP;展示会"]),
        lambda: dice.choice(["", "A", "B"]),
    ]
    return table("customer_id,name,region,industry,owner,email,phone,mail_ok,tags,血液型", codes(dice), cells)


def lines(dice):
    rows = [
        f"C{dice.randint(1, 12)},O{order},2024-{dice.randint(1, 12):02}-{dice.randint(1, 28):02},"
        f"{dice.randint(-900, 9000)},{dice.choice(['ペン', 'ノート', '消しゴム', ''])}"
        for order in dice.sample(range(30), 20)
    ]
    return "customer_id,order_id,purchased_at,amount,product\n" + "\n".join(rows) + "\n"


def terms(dice):
    rows = {}
    for _ in range(15):
        who, month = dice.randint(1, 8), dice.randint(1, 6)
        ends = dice.choice(["", "2024-12-31"])
        rows[who, month] = (
            f"K{who},C{who},{dice.choice(['基本', '標準'])},{dice.randint(1, 9)}00,2024-{month:02}-01,{ends}"
        )
    return "contract_id,customer_id,plan,mrr,starts_on,ends_on\n" + "\n".join(rows.values()) + "\n"


def staff(dice):
    rows = [
        f"C{number % 6 + 1},P{number},{dice.choice(['田村', '木村', '西村'])},s{number}@example.jp,"
        f"{dice.choice(['', '0', '1'])},{dice.choice(['', '営業', '経理'])}"
        for number in dice.sample(range(14), 9)
    ]
    return "customer_id,contact_id,name,email,is_primary,department\n" + "\n".join(rows) + "\n"


def codes(dice):
    return [f"C{number}" for number in dice.sample(range(1, 13), 8)]


def table(header, ids, cells):
    return header + "\n" + "".join(",".join([one, *(cell() for cell in cells)]) + "\n" for one in ids)


@pytest.mark.parametrize("seed", range(4))
def test_the_second_files_undone_the_first_stand_as_before(seed):
    dice = random.Random(seed)
    kinds = {"customers": people, "purchases": lines, "contracts": terms, "contacts": staff}
    for kind, made in kinds.items():
        bring(kind, made(dice), create_customers=True)
    before = state()
    clear = bool(seed % 2)
    second = [
        bring(kind, made(dice), now=LATER, create_customers=True, clear_empty=clear) for kind, made in kinds.items()
    ]
    assert state() != before
    for imported in reversed(second):
        undo(imported)
    # A refusal of the first files is held against every address that came in since, and stays held.
    assert [line for line in state() if line in before or not line.startswith("stop,")] == before
    assert kept() == []

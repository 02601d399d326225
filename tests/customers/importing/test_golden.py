"""Golden files: one small Japanese file for each rule of reading, and what is stored after a real import of it.

`golden/japanese/<rule>.csv` is the file, in its own encoding; `<rule>.json` says the rule and what must come of it.
"""

import json
from pathlib import Path

import pytest

from customers.importing import staging
from customers.models import Contact, Customer, Purchase, Suppression

from .bringing import bring_file, counts, rejects

pytestmark = pytest.mark.django_db
GOLDEN = Path(__file__).parent / "golden" / "japanese"
RULES = sorted(path.stem for path in GOLDEN.glob("*.json"))


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def customer(stored: Customer) -> dict[str, object]:
    contact = Contact.objects.filter(customer=stored, is_primary=True).first() or Contact()
    others = Contact.objects.filter(customer=stored, is_primary=False).order_by("email")
    addresses = {contact.email, contact.phone, stored.code} - {""}
    return {
        **{name: getattr(stored, name) for name in ("code", "name", "kana", "kind", "postal_code", "address")},
        **{name: getattr(stored, name) for name in ("industry", "sort_key", "attributes")},
        "birth_on": str(stored.birth_on),
        "joined_on": str(stored.joined_on),
        "email": contact.email,
        "other_emails": " ".join(others.values_list("email", flat=True)),
        "phone": contact.phone,
        "withdrawn": sorted(Suppression.objects.filter(address__in=addresses).values_list("channel", flat=True)),
    }


def purchase(stored: Purchase) -> dict[str, object]:
    names = ("order_id", "amount", "purchased_at", "purchased_on")
    return {name: str(getattr(stored, name)) for name in names} | {"product": str(stored.product or "")}


STORED = {
    "customers": lambda: [customer(row) for row in Customer.objects.order_by("code")],
    "purchases": lambda: [purchase(row) for row in Purchase.objects.order_by("order_id", "product__name")],
}


@pytest.mark.parametrize("rule", RULES)
def test_golden_file(rule):
    want = json.loads((GOLDEN / f"{rule}.json").read_text(encoding="utf-8"))
    options = want.get("options", {})
    done = bring_file(want["kind"], GOLDEN / f"{rule}.csv", mapping=want.get("mapping"), **options)
    assert list(counts(done)) == want["counts"], want["rule"]
    assert [list(reject) for reject in rejects(done)] == want.get("rejects", [])
    stored = STORED[want["kind"]]()
    shown = [{name: row[name] for name in wanted} for row, wanted in zip(stored, want["stored"], strict=True)]
    assert shown == want["stored"], want["rule"]
    assert done.encoding == want.get("encoding", done.encoding)
    said = " ".join(staging.layout_and_mapping(done)[1].notices)
    assert [words for words in want.get("notices", []) if words not in said] == []


def test_every_golden_file_has_its_rule_and_the_other_way_round():
    assert sorted(path.stem for path in GOLDEN.glob("*.csv")) == RULES
    assert len(RULES) > 15

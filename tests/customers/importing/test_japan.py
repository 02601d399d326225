"""The two real-sized Japanese files, whole: what of them is stored, and that a second import changes nothing."""

import csv
import datetime as dt
import json
from pathlib import Path

import pytest
from django.db.models import Count

from customers.models import Contact, Customer

from .bringing import bring_file, counts, rejects

pytestmark = pytest.mark.django_db
COMPANIES = json.loads((Path(__file__).parent / "golden" / "japanese_companies.mapping.json").read_text())


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def test_all_21_971_customers_come_in_as_the_persons_they_are(sample_data):
    path = sample_data / "japan" / "customers_utf8bom.csv"
    done = bring_file("customers", path)
    assert counts(done) == (21_971, 0, 0, 0)
    assert (done.encoding, rejects(done)) == ("utf-8-sig", [])
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = {row["customer_id"]: row for row in csv.DictReader(file)}
    assert set(Customer.objects.values_list("code", flat=True)) == set(rows)
    fields = ("code", "kind", "birth_on", "joined_on", "postal_code", "name", "address")
    for code, kind, birth_on, joined_on, postal_code, name, address in Customer.objects.values_list(*fields):
        row = rows[code]
        assert kind == "person"
        assert birth_on == dt.date.fromisoformat(row["birth_day"])
        assert f"{joined_on:%Y%m%d}" == row["application_date"]
        assert postal_code == row["postal_cd"].replace("-", "")
        assert (name, address) == (row["customer_name"], row["address"])
    one = Customer.objects.get(code="CS037613000071")
    assert (one.attributes["gender"], one.attributes["application_store_cd"]) == ("不明", "S13037")
    assert counts(bring_file("customers", path)) == (0, 0, 21_971, 0)


def test_all_3_000_companies_without_header_or_codes_come_in(sample_data):
    path = sample_data / "japan" / "companies_cp932.csv"
    done = bring_file("customers", path, mapping=COMPANIES)
    assert counts(done) == (3000, 0, 0, 0)
    assert (done.encoding, done.skipped) == ("cp932", 0)
    assert Customer.objects.count() == 3000  # name and postal code are a key: 22 names come twice
    assert not Customer.objects.exclude(postal_code__regex=r"^\d{7}$").exists()
    half_width = "[ｦ-ﾟ]"
    assert not Customer.objects.filter(kana__regex=half_width).exists()
    assert not Customer.objects.filter(kana__regex="[ァ-ヺ]-").exists()
    one = Customer.objects.get(name="AIGエジソン生命保険 株式会社 北海道事務センター")
    assert one.kana == "エーアイージーエジソンセイメイホケン カブシキカイシヤ ホツカイドウジムセンター"
    assert (one.postal_code, one.code) == ("0608613", "AIGエジソン生命保険 株式会社 北海道事務センター/0608613")
    assert one.address == "北海道札幌市中央区北一条西4丁目2-2札幌ノースプラザ10F"
    assert Customer.objects.get(name="伊藤組土建 (株)").kind == "company"
    assert dict(Customer.objects.values_list("kind").annotate(Count("id"))).keys() <= {"company", "person"}
    assert Contact.objects.exclude(email="", phone="").count() == 0
    assert counts(bring_file("customers", path, mapping=COMPANIES)) == (0, 0, 3000, 0)

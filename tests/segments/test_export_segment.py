import csv
import datetime as dt

import pytest
import time_machine
from django.core.management import CommandError, call_command

from customers.models import Contact, Touched
from segments import ready_made
from segments.models import Segment
from tests import factories

pytestmark = pytest.mark.django_db
LISTED = ["vip", "frequent-buyers", "dormant", "cancelled", "renewal-due", "onboarding"]
RFM = [made.slug for made in ready_made.READY_MADE if made.rule.get("field") == "rfm_segment"]


@pytest.fixture(autouse=True)
def _clock_stands_still():
    with time_machine.travel(dt.datetime(2026, 6, 30, 3, tzinfo=dt.UTC), tick=False):
        yield


def _export(slug, path):
    call_command("export_segment", slug, str(path))
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    return list(csv.reader(path.read_text("utf-8-sig").splitlines()))


def test_it_computes_what_no_night_has_stored(tmp_path):
    gone, here = factories.customer("G", name="休眠の客"), factories.customer("H")
    Contact.objects.create(customer=gone, email="taro@example.jp", is_primary=True)
    factories.purchase(gone, "2025-11-01")  # 241 days before: quiet for longer than 180
    factories.purchase(here, "2026-06-01")
    assert _export("dormant", tmp_path / "out.csv") == [
        ["customer_id", "name", "email", "entered_on"],
        ["G", "休眠の客", "taro@example.jp", "2026-06-30"],
    ]


def test_what_is_fresh_is_not_computed_again(tmp_path):
    _export("vip", tmp_path / "out.csv")
    before = Segment.objects.get(slug="vip").refreshed_at
    with time_machine.travel(dt.datetime(2026, 6, 30, 9, tzinfo=dt.UTC), tick=False):
        _export("vip", tmp_path / "out.csv")
    assert Segment.objects.get(slug="vip").refreshed_at == before


def test_facts_or_settings_changed_later_the_same_day_are_computed(tmp_path):
    who = factories.customer("A")
    factories.purchase(who, "2026-05-01")
    assert len(_export("dormant", tmp_path / "out.csv")) == 1
    with time_machine.travel(dt.datetime(2026, 6, 30, 4, tzinfo=dt.UTC), tick=False):
        late = factories.customer("B")
        factories.purchase(late, "2025-06-01")
        Touched.objects.create(customer=late)
    assert [row[0] for row in _export("dormant", tmp_path / "out.csv")[1:]] == ["B"]
    with time_machine.travel(dt.datetime(2026, 6, 30, 5, tzinfo=dt.UTC), tick=False):
        call_command("configure", "inactivity_days=30")
    assert [row[0] for row in _export("dormant", tmp_path / "out.csv")[1:]] == ["A", "B"]


def test_every_segment_follows_what_one_export_computed(tmp_path):
    _export("dormant", tmp_path / "out.csv")
    _export("onboarding", tmp_path / "out.csv")
    with time_machine.travel(dt.datetime(2026, 6, 30, 4, tzinfo=dt.UTC), tick=False):
        late = factories.customer("B")
        factories.purchase(late, "2026-06-01")
        Touched.objects.create(customer=late)
    with time_machine.travel(dt.datetime(2026, 6, 30, 5, tzinfo=dt.UTC), tick=False):
        _export("dormant", tmp_path / "out.csv")
        assert [row[0] for row in _export("onboarding", tmp_path / "out.csv")[1:]] == ["B"]


@pytest.mark.parametrize("slug", LISTED + RFM)
def test_every_listed_segment_is_a_file_even_where_nobody_is_in_it(slug, tmp_path):
    assert _export(slug, tmp_path / "out.csv") == [["customer_id", "name", "email", "entered_on"]]


def test_there_are_ten_by_recency_and_frequency():
    assert len(RFM) == 10
    assert {"loyal-customers", "cant-lose-them"} <= set(RFM)


def test_an_unknown_segment_is_one_sentence(tmp_path):
    with pytest.raises(CommandError, match="there is no segment “nobody”"):
        call_command("export_segment", "nobody", str(tmp_path / "out.csv"))


def test_a_file_that_cannot_be_written_is_one_sentence(tmp_path):
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("export_segment", "vip", str(tmp_path / "no" / "out.csv"))

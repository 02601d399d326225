"""Making a frozen list in the browser, as requests."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from segments.models import FrozenList, Membership, Segment
from tests import factories
from tests.segments.test_frozen import TODAY, codes, somebody

pytestmark = pytest.mark.django_db
NEW = reverse("segments:frozen-new")


@pytest.fixture
def cs(client):
    client.force_login(factories.user())
    return client


def test_lines_are_looked_through_chosen_and_saved(cs):
    somebody("C1", "一")
    _one, other = somebody("C2", "同じ名"), somebody("C3", "同じ名")
    address = cs.post(NEW, {"text": "C1\n同じ名\n知らない"}).headers["Location"]
    page = cs.get(address)
    assert (page.context["outcome"].matched, page.context["outcome"].doubtful) == (1, 1)
    assert "知らない" in page.content.decode()
    line = page.context["doubts"][0].line
    answer = cs.post(address, {"action": "save", "name": "招待客", f"line-{line.pk}": other.pk})
    segment = Segment.objects.get(is_frozen=True)
    assert answer.headers["Location"] == reverse("segments:detail", args=[segment.slug])
    assert codes(segment) == ["C1", "C3"]
    detail = cs.get(answer.headers["Location"]).content.decode()
    assert "固定の顧客リスト。" in detail
    assert reverse("segments:frozen-change", args=[segment.slug]) in detail


def test_a_file_is_read_and_its_name_offered(cs):
    somebody("C1", "一")
    file = SimpleUploadedFile("展示会.csv", "顧客コード\nC1\nC9\n".encode("cp932"))
    address = cs.post(NEW, {"file": file}).headers["Location"]
    assert 'value="展示会 ' in cs.get(address).content.decode()
    rows = b"".join(cs.get(f"{address}missing/").streaming_content).decode("utf-8-sig")
    assert rows.splitlines() == ["line,text", "3,C9"]


@pytest.mark.parametrize("data", [{}, {"text": " \n"}])
def test_nothing_given_is_said(cs, data):
    assert cs.post(NEW, data).status_code == 422


def test_an_unreadable_file_is_said_in_one_sentence(cs):
    file = SimpleUploadedFile("a.png", b"\x89PNG\r\n\x1a\n\0\0\0")
    assert cs.post(NEW, {"file": file}).context["form"].errors["file"]


def test_a_list_of_nobody_is_not_saved(cs):
    address = cs.post(NEW, {"text": "知らない"}).headers["Location"]
    assert "リストを保存する" not in cs.get(address).content.decode()
    assert cs.post(address, {"action": "save", "name": "x"}).status_code == 422


def test_many_doubts_are_settled_a_page_at_a_time(cs, monkeypatch):
    monkeypatch.setattr("segments.frozen_lines.DOUBTS", 1)
    who, _other = somebody("C1", "同じ名"), somebody("C2", "同じ名")
    address = cs.post(NEW, {"text": "同じ名\n同じ名"}).headers["Location"]
    page = cs.get(address)
    assert (len(page.context["doubts"]), page.context["more"]) == (1, 1)
    line = page.context["doubts"][0].line
    answer = cs.post(address, {"action": "choose", "after": "1", f"line-{line.pk}": who.pk})
    assert answer.headers["Location"].endswith("?after=1")
    assert cs.get(answer.headers["Location"]).context["more"] is None


def test_a_draft_is_its_makers_alone(cs, client):
    somebody("C1", "一")
    address = cs.post(NEW, {"text": "C1"}).headers["Location"]
    client.force_login(factories.user())
    assert client.get(address).status_code == 404


def test_a_segment_is_frozen_as_it_is_today_and_changed_by_hand(cs):
    dynamic = Segment.objects.create(slug="x", name="動く", rule={}, member_count=1)
    Membership.objects.create(segment=dynamic, customer=somebody("C1", "一"), entered_on=TODAY)
    somebody("C2", "二")
    cs.post(reverse("segments:freeze", args=["x"]))
    segment = FrozenList.objects.get().segment
    change = reverse("segments:frozen-change", args=[segment.slug])
    page = cs.post(change, {"text": "C2\nC9", "action": "add"}, follow=True).content.decode()
    assert "1人を追加しました。" in page
    assert "C9" in page
    cs.post(change, {"text": "C1", "action": "remove"})
    assert codes(segment) == ["C2"]
    assert cs.post(change, {"text": ""}).status_code == 302
    assert cs.post(reverse("segments:frozen-change", args=["x"]), {"text": "C1"}).status_code == 404


def test_an_empty_segment_cannot_be_frozen(cs):
    Segment.objects.create(slug="x", name="空", rule={})
    assert "固定できません" in cs.post(reverse("segments:freeze", args=["x"]), follow=True).content.decode()

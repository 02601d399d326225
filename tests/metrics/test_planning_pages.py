"""The pages of goals, of remarks and of closing: who may, what they say, and what a wrong entry gets."""

import datetime as dt

import pytest
from django.urls import reverse

from accounts.models import Role
from metrics import closing, remarks
from metrics.models import Annotation, Closing, Goal
from metrics.periods import named
from tests import factories

from .conftest import NOW
from .test_closing import kept  # noqa: F401

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(db):
    return factories.user("boss@example.jp", role=Role.MANAGER, name="鈴木部長")


@pytest.fixture
def manager(signed_in, boss):
    return signed_in(boss)


def text(answer, status=200):
    assert answer.status_code == status
    return answer.content.decode()


# --- Goals ---------------------------------------------------------------------------------------
def test_a_goal_is_set_shown_and_taken_out(manager):
    entries = {"metric": "churn", "since": "2026/07", "value": "4.5"}
    page = text(manager.post("/metrics/goals/set/", entries, follow=True))
    assert "目標を設定しました" in page
    assert "4.5%" in page
    assert "適用中" in page
    goal = Goal.objects.get()
    assert (goal.since, goal.value) == (dt.date(2026, 7, 1), 4.5)
    manager.post("/metrics/goals/set/", {"metric": "churn", "since": "2026-08", "value": ""})
    page = text(manager.get("/metrics/goals/"))
    assert "これから" in page
    assert "目標なし" in page
    for _ in range(2):  # a second click does no harm
        manager.post(f"/metrics/goals/{goal.pk}/remove/")
    assert Goal.objects.count() == 1


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ({"since": "7月"}, "2026-04 のように"),
        ({"since": "2026-Q1"}, "2026-04 のように"),
        ({"value": "0.05"}, "4.5%なら 4.5"),
        ({"value": "4500"}, "%で入力"),
    ],
)
def test_a_goal_nobody_can_mean_is_asked_about(manager, entries, said):
    answer = manager.post("/metrics/goals/set/", {"metric": "churn", "since": "2026-07", "value": "4"} | entries)
    assert said in text(answer, 422)
    assert not Goal.objects.exists()


# --- Remarks -------------------------------------------------------------------------------------
def test_a_remark_is_written_from_the_page_of_a_chart(manager):
    entries = {"on": "2026-06-01", "text": "値上げ", "metric": "churn", "back": "/metrics/?by=owner"}
    assert manager.post("/metrics/remarks/add/", entries).url == "/metrics/?by=owner"
    elsewhere = manager.post("/metrics/remarks/add/", entries | {"back": "//evil.example/"})
    assert elsewhere.url == reverse("metrics:remarks")
    assert "値上げ" in text(manager.get("/metrics/remarks/"))
    assert "2件" in text(manager.get("/metrics/remarks/?back=/metrics/"))
    text(manager.post("/metrics/remarks/add/", {"on": "", "text": "x"}), 422)


def test_a_remark_is_changed_and_who_comes_second_sees_what_stands_there(manager, boss):
    remark = remarks.write(on=dt.date(2026, 6, 1), text="値上げ", metric="", by=boss, now=NOW)
    address = f"/metrics/remarks/{remark.pk}/"
    assert "値上げ" in text(manager.get(address))
    entries = {"on": "2026-06-02", "text": "値上げ(5%)", "metric": "", "version": "1"}
    assert manager.post(address, entries).url == reverse("metrics:remarks")
    assert "値上げ(5%)" in text(manager.post(address, entries | {"text": "値上げ?"}), 409)
    text(manager.post(address, entries | {"text": ""}), 422)


def test_a_remark_is_deleted_and_taken_back(manager, boss):
    remark = remarks.write(on=dt.date(2026, 6, 1), text="値上げ", metric="", by=boss, now=NOW)
    page = manager.post(f"/metrics/remarks/{remark.pk}/delete/", follow=True)
    assert "できごとを削除しました" in text(page)
    assert manager.post(f"/metrics/remarks/{remark.pk}/delete/").status_code == 302
    assert "元に戻しました" in text(
        manager.post("/metrics/remarks/restore/", {"token": page.context["gone"]}, follow=True)
    )
    assert Annotation.objects.get().text == "値上げ"
    assert "もう元に戻せません" in text(manager.post("/metrics/remarks/restore/", {"token": "x"}, follow=True))


# --- Closing -------------------------------------------------------------------------------------
def test_a_month_is_closed_reopened_with_a_reason_and_its_history_is_there(manager, kept):  # noqa: F811
    page = text(manager.get("/metrics/closing/"))
    assert "2026年6月を締められます" in page
    assert "33.3%" in text(manager.get("/metrics/closing/2026-05/"))
    assert "2026年5月を締めました" in text(manager.post("/metrics/closing/2026-05/close/", follow=True))
    again = text(manager.post("/metrics/closing/2026-05/close/", follow=True))
    assert "この月は鈴木部長さんが2026/07/01 09:00に締めました" in again
    assert "ありません。数字はすべて締めたときのままです。" in again
    found = Closing.objects.get()
    text(manager.post(f"/metrics/closing/{found.pk}/reopen/", {"reason": ""}), 422)
    for said in ("締めを解除しました", "ほかの人が締めを解除しました"):
        page = text(manager.post(f"/metrics/closing/{found.pk}/reopen/", {"reason": "休会の数え違い"}, follow=True))
        assert said in page
    assert "休会の数え違い" in page
    assert Closing.objects.get().reopened_at


def test_what_changed_since_stands_in_the_list_and_by_name_on_the_months_page(manager, boss, kept):  # noqa: F811
    found = closing.close(period=named("2026-05"), by=boss, now=NOW)
    found.lost = [kept.c.pk]
    found.figures["churn"] |= {"lost": 2, "rate": 200 / 3}
    found.save()
    page = text(manager.get("/metrics/closing/?state=different"))
    assert "66.7%" in page
    assert "差異あり" in page
    assert "2026年6月</a>" not in page
    page = text(manager.get("/metrics/closing/2026-05/"))
    for who, where in ((kept.b, "added-heading"), (kept.c, "gone-heading")):
        assert who.name in page[page.index(f'id="{where}"') :]
    assert "66.67%" in page


def test_closings_and_differences_come_as_files(manager, boss, kept):  # noqa: F811
    found = closing.close(period=named("2026-05"), by=boss, now=NOW)
    found.lost = []
    found.save()
    lines = b"".join(manager.post("/metrics/closing/file/")).decode("utf-8-sig").splitlines()
    assert lines[0].startswith("month,closed_at,closed_by,closed_at_start,closed_lost,closed_rate,now_at_start")
    assert lines[1] == "2026-06,,,,,,2,0,0.0"
    assert lines[2].startswith("2026-05,2026-07-01 09:00,鈴木部長,3,1,33.3")
    lines = b"".join(manager.post(f"/metrics/closing/{found.pk}/people/file/")).decode("utf-8-sig").splitlines()
    assert lines[1:] == [f"B,{kept.b.name},鈴木,0,1,"]


def test_the_months_come_in_pages(manager, kept, monkeypatch):  # noqa: F811
    monkeypatch.setattr("metrics.views.closing.SHOWN", 2)
    page = manager.get("/metrics/closing/")
    assert [row["code"] for row in page.context["rows"]] == ["2026-06", "2026-05"]
    page = manager.get(f"/metrics/closing/?before={page.context['next']}")
    assert [row["code"] for row in page.context["rows"]] == ["2026-04"]
    assert page.context["next"] == ""


@pytest.mark.parametrize("state", ["", "closed"])
def test_without_months_the_page_says_why(manager, state):
    text(manager.get(f"/metrics/closing/?state={state}"))


@pytest.mark.parametrize("code", ["2026-Q1", "nonsense"])
def test_only_months_have_a_page(manager, code):
    assert manager.get(f"/metrics/closing/{code}/").status_code == 404


@pytest.mark.parametrize("address", ["/metrics/closing/", "/metrics/goals/", "/metrics/remarks/"])
def test_staff_neither_plan_nor_close(signed_in, address):
    assert signed_in(factories.user()).get(address).status_code == 403

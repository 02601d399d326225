"""The pages of the touch model: who sees, who changes, and what is said before a change."""

from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse

from customers.models import Customer, Interaction
from segments import touch
from segments.models import CustomerTier, TierOverride, TouchPlan
from tests import factories
from tests.segments.test_touch import NOW, TODAY, plan, six, somebody, tiers  # noqa: F401

pytestmark = pytest.mark.django_db
HOME, CHANGE, MOVE, DUE = (reverse(f"segments:{name}") for name in ("touch", "touch-change", "touch-move", "touch-due"))


@pytest.fixture(autouse=True)
def _clock_stands_still():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def manager(client):
    client.force_login(factories.user(role="manager"))
    return client


@pytest.fixture
def standing(six):  # noqa: F811
    plan()
    touch.refresh(as_of=TODAY)
    return six


def typed(**changes) -> dict:
    """The plan of the tests as the form posts it."""
    rules = {
        "rules-TOTAL_FORMS": 2,
        "rules-INITIAL_FORMS": 2,
        **{"rules-0-tier": "high", "rules-0-ltv_at_least": "1000", "rules-0-is_active": "yes"},
        **{"rules-1-tier": "low", "rules-1-ltv_at_least": "500"},
    }
    hours = {
        "high_hours": 10,
        "high_days": 30,
        "low_hours": 2,
        "low_days": 90,
        "tech_hours": "0.1",
        "capacity_hours": 20,
    }
    return {"action": "preview", **rules, **hours, **changes}


def test_before_a_model_is_set_the_page_says_what_to_do(client, manager):
    assert CHANGE in manager.get(HOME).content.decode()
    client.force_login(factories.user())
    page = client.get(HOME)
    assert page.status_code == 200
    assert CHANGE not in page.content.decode()


def test_the_page_shows_tiers_loads_and_who_is_over(manager, standing):
    page = manager.get(HOME)
    assert [one.customers for one in page.context["tiers"]] == [2, 2, 2]
    text = page.content.decode()
    assert "22.0 / 20" in text
    assert "2.0時間 超過" in text
    assert "月2.1時間が足りません" in text
    assert page.context["overdue"] == 4  # two high and two low, never contacted


def test_a_change_that_asks_for_hours_nobody_has_is_warned_of_before_it_is_saved(manager, standing):
    page = manager.post(CHANGE, typed(low_hours=19))
    assert (page.context["short_before"], page.context["short_after"]) == (Decimal("2.1"), Decimal("19.1"))
    text = page.content.decode()
    assert "月19.1時間が足りなくなります" in text
    assert "それでも保存する" in text
    assert TouchPlan.get().low_hours == 2
    manager.post(CHANGE, typed(low_hours=19, action="save"))
    assert TouchPlan.get().low_hours == 19


def test_rules_are_saved_in_order_and_everybody_moves_at_once(manager, standing):
    changes = {"rules-0-ltv_at_least": "5000", "rules-1-tier": "", f"capacity_{standing[0].pk}": "40"}
    assert manager.post(CHANGE, typed(action="save", **changes)).headers["Location"] == HOME
    assert TouchPlan.get().rules == [{"tier": "high", "criteria": {"ltv_at_least": "5000", "is_active": "yes"}}]
    assert TouchPlan.get().capacities == {str(standing[0].pk): "40"}
    assert tiers() == {"C1": "tech", "C2": "high", "C3": "tech", "C4": "tech", "C5": "tech", "C6": "tech"}


def test_the_first_rules_are_a_proposal_from_the_companys_own_figures(manager):
    for n in range(1, 21):
        somebody(f"C{n:02}", n * 1234)
    page = manager.get(CHANGE)
    initial = [one.initial for one in page.context["rules"] if one.initial]
    # the 19th and the 16th of 20: 23,446 and 19,744, to two digits
    assert [(one["tier"], one["ltv_at_least"]) for one in initial] == [("high", 23000), ("low", 20000)]
    assert not TouchPlan.get().rules


@pytest.mark.parametrize(
    "changes",
    [
        {"rules-0-ltv_at_least": "", "rules-0-is_active": ""},
        {"rules-0-ltv_at_least": "much"},
        {"rules-0-risk_at_least": "101"},
        {"high_hours": "-1"},
        {"low_days": "0"},
    ],
)
def test_what_cannot_be_is_refused(manager, standing, changes):
    assert manager.post(CHANGE, typed(action="save", **changes)).status_code == 422
    assert TouchPlan.get().rules == plan().rules


def test_customers_are_moved_after_the_load_was_shown(manager, standing):
    aoki, baba, _whos = standing
    given = {"source": aoki.pk, "tier": "high", "target": baba.pk}
    page = manager.post(MOVE, given)
    assert page.context["moving"] == 2
    assert "22.1" in page.content.decode()
    assert Customer.objects.filter(owner=baba).count() == 2
    manager.post(MOVE, {**given, "action": "save"})
    assert Customer.objects.filter(owner=baba).count() == 4
    assert manager.post(MOVE, {"source": baba.pk, "target": baba.pk}).status_code == 422


def test_staff_see_but_do_not_change(client, standing):
    client.force_login(standing[0])
    assert client.get(HOME).status_code == 200
    assert [client.get(address).status_code for address in (CHANGE, MOVE)] == [403, 403]


def test_overdue_customers_are_listed_by_owner_and_tier(client, standing):
    aoki, _baba, whos = standing
    client.force_login(aoki)
    Interaction.objects.create(customer=whos[0], occurred_at=factories.moment("2026-05-01"), kind="phone")

    def listed(**asked):
        return [row.customer.code for row, _days, _over in client.get(DUE, asked).context["rows"]]

    assert listed() == ["C2", "C3", "C4", "C1"]
    assert listed(owner=aoki.pk, tier="high") == ["C2", "C1"]
    assert listed(owner="none") == listed(owner=standing[1].pk, tier="high") == []
    rows = client.get(DUE, {"tier": "high"}).context["rows"]
    assert [(row.customer.code, days, over) for row, days, over in rows][1] == ("C1", 30, 30)
    nobody = client.get(DUE, {"owner": "none"}, headers={"HX-Target": "rows"}).content.decode()
    assert "連絡が空いているお客様はいません" in nobody


def test_the_customer_shows_his_tier_and_why_and_takes_one_by_hand(client, standing):
    aoki, _baba, whos = standing
    client.force_login(aoki)
    panel, given = (
        reverse("segments:touch-customer", args=[whos[4].pk]),
        reverse("segments:touch-override", args=[whos[4].pk]),
    )
    assert "どのルールにも当てはまらない" in client.get(panel).content.decode()
    assert client.post(given, {"tier": "high", "reason": ""}).status_code == 422
    client.post(given, {"tier": "high", "reason": "社長の紹介", "until": "2026-12-31"})
    assert CustomerTier.objects.get(customer=whos[4]).tier == "high"
    text = client.get(panel, headers={"HX-Request": "true"}).content.decode()
    assert "社長の紹介" in text
    assert "今すぐ" in text
    client.post(given, {"action": "lift"})
    assert not TierOverride.objects.exists()


def test_a_customer_without_tier_or_model_has_a_panel_too(client):
    client.force_login(factories.user())
    who = factories.customer()
    panel = reverse("segments:touch-customer", args=[who.pk])
    assert HOME in client.get(panel).content.decode()
    plan()
    assert "次のスコア計算" in client.get(panel).content.decode()


def test_loads_and_tiers_are_handed_out_as_files(manager, standing):
    loads = (
        b"".join(manager.get(reverse("segments:touch-load-file")).streaming_content).decode("utf-8-sig").splitlines()
    )
    assert loads[:2] == ["owner,high,low,tech,hours,capacity,over", "青木,2,1,0,22.00,20.00,2.00"]
    rows = (
        b"".join(manager.post(reverse("segments:touch-tiers-file")).streaming_content).decode("utf-8-sig").splitlines()
    )
    assert len(rows) == 7
    assert rows[1].startswith("C1,顧客C1,青木,high,2026-06-30,facts,10.00")

"""The builder, as requests: every button shows the page again, nothing typed is lost, errors stand where they are."""

import datetime as dt
import re

import pytest
import time_machine
from django.http import QueryDict
from django.urls import reverse

from accounts import jobs
from accounts.models import AuditEvent
from scores import scoring
from segments import building, counting, drafting, rules, tasks
from segments.drafts import Draft
from segments.models import Segment
from segments.starting_points import STARTING_POINTS
from tests import factories

NOW = dt.datetime(2026, 6, 30, 3, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _clock_stands_still():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def maker(db):
    return factories.user("maker@example.jp")


@pytest.fixture
def cs(client, maker):
    client.force_login(maker, backend="accounts.backends.StaffBackend")
    return client


def _typed(rule, **more):
    """What a browser would send of that rule."""
    draft = drafting.draft_of(rule)
    data = {"name": "私の区分", "description": "", "time_limit": "60", "version": "1", "page": "0123456789abcdef"}
    data["node"] = [node.id for node in draft.nodes.values() if node.id != "0"]
    for node in draft.nodes.values():
        data |= {f"n{node.id}-{name}": texts for name, texts in node.typed.items()}
        data |= {f"n{node.id}-parent": node.parent, f"n{node.id}-is": "group" if node.is_group else "condition"}
    return data | more


RULE = {
    "all": [
        {"field": "kind", "op": "in", "value": ["company"]},
        {
            "not": {
                "any": [
                    {"field": "churn_risk", "op": "gte", "value": "0.5"},
                    {"not": {"field": "is_vip", "op": "is", "value": True}},
                ]
            }
        },
        {
            "event": "purchase",
            "measure": "amount",
            "op": "between",
            "value": [100, 200],
            "period": {"from": "2026-01-01", "to": "2026-06-30"},
            "where": {"product": ["皿", "Tea cup"]},
        },
    ]
}


def _read(data):
    found = QueryDict(mutable=True)
    for name, texts in data.items():
        found.setlist(name, texts if isinstance(texts, list) else [texts])
    return Draft.read(found)


@pytest.mark.django_db
@pytest.mark.parametrize("rule", [RULE, *(one.rule for one in STARTING_POINTS.values())])
def test_a_rule_put_into_the_form_comes_back_as_it_was(rule):
    assert drafting.rule_of(_read(_typed(rule))) == rule
    assert rules.parse(rule).words()


@pytest.mark.django_db
def test_the_page_saves_a_rule_typed_and_writes_it_down(cs, maker):
    factories.customer("A", kind="company")
    answer = cs.post(reverse("segments:new"), _typed(RULE, do="save"))
    segment = Segment.objects.get(name="私の区分")
    assert answer.url == reverse("segments:detail", args=[segment.slug])
    assert (segment.rule, segment.created_by, segment.state) == (RULE, maker, "never")
    assert AuditEvent.objects.get(action="segment.create").object_id == str(segment.pk)


@pytest.mark.django_db
def test_every_button_shows_the_page_again_with_what_was_typed(cs):
    data = _typed(RULE, name="下書き")
    html = cs.post(reverse("segments:new"), data | {"do": "add:0"}).content.decode()
    assert 'value="下書き"' in html
    assert html.count('name="node"') == len(data["node"]) + 1
    assert re.search(r'id="n6-what"[^>]*autofocus', html)
    assert "is-wrong" not in html
    assert not Segment.objects.filter(is_ready_made=False).exists()


@pytest.mark.django_db
def test_errors_stand_at_their_condition_and_lose_nothing(cs):
    data = _typed(RULE, do="save") | {"n5-value": "たくさん", "name": "残る名前"}
    answer = cs.post(reverse("segments:new"), data)
    html = answer.content.decode()
    assert answer.status_code == 422
    at = html.index("is-wrong")
    assert "数値を入力してください" in html[at:]
    assert 'value="たくさん"' in html
    assert 'value="残る名前"' in html


@pytest.mark.django_db
def test_a_rule_nobody_can_fit_is_not_saved(cs):
    rule = {"all": [{"field": "r", "op": "eq", "value": 5}, {"field": "r", "op": "lte", "value": 2}]}
    answer = cs.post(reverse("segments:new"), _typed(rule, do="save"))
    assert answer.status_code == 422
    assert "次の条件は同時に満たせません" in answer.content.decode()


def test_parts_move_past_into_and_out_of_groups():
    draft = drafting.draft_of({"all": [_c("f", 1), {"any": [_c("f", 2), _c("f", 3)]}, _c("f", 4)]})
    for do, expected in [
        ("down:1", "((1 2 3) 4)"),
        ("up:1", "(1 (2 3) 4)"),
        ("up:5", "(1 (2 3 4))"),
        ("down:5", "(1 (2 3) 4)"),
        ("up:5", "(1 (2 3 4))"),
        ("up:5", "(1 (2 4 3))"),
        ("down:2", "(1 (2 4 3))"),
        ("remove:2", "(1)"),
        ("add:9", "(1)"),
        ("nonsense", "(1)"),
        ("remove:0", "(1)"),
    ]:
        draft.act(do)
        assert _drawn(drafting.rule_of(draft) if len(draft.nodes) > 2 else {"all": [_c("f", 1)]}) == expected, do


def _c(field, value):
    return {"field": field, "op": "eq", "value": value}


def _drawn(rule):
    parts = rule.get("all") or rule.get("any")
    return f"({' '.join(map(_drawn, parts))})" if parts else str(rule["value"])


def test_what_a_page_sends_can_be_anything():
    draft = _read(
        {"node": ["1", "1", "x", "2", "3"], "n1-parent": "3", "n2-parent": "1", "n3-is": "group", "n0-join": "?"}
    )
    assert [(node.id, node.parent) for node in draft.children("0")] == [("1", "0"), ("2", "0"), ("3", "0")]
    assert draft.nodes["0"].join == "all"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("１，２００円", 1200),
        ("¥1,200", 1200),
        ("50 %", 50),
        ("-3.50", "-3.5"),
        ("12abc", "12abc"),
        ("", ""),
        ("1e9999", "1e9999"),
    ],
)
def test_figures_are_read_as_people_write_them(text, value):
    draft = _read(_typed(_c("frequency", 0)) | {"n1-value": text})
    assert drafting.rule_of(draft)["value"] == value


@pytest.fixture
def segment(maker):
    return Segment.objects.create(
        slug="mine", name="私の", rule=_c("f", 1), state="fresh", as_of=dt.date(2026, 6, 30), created_by=maker
    )


def test_changing_a_segment_in_use_asks_first_and_names_who_uses_it(cs, segment):
    other = {"field": "segment", "op": "in", "value": ["mine"]}
    Segment.objects.create(slug="other", name="上に立つもの", rule=other)
    data = _typed(_c("f", 2), do="save")
    answer = cs.post(reverse("segments:edit", args=["mine"]), data)
    assert answer.status_code == 422
    assert "上に立つもの" in answer.content.decode()
    assert cs.post(reverse("segments:edit", args=["mine"]), data | {"knows": "yes"}).status_code == 302
    segment.refresh_from_db()
    assert (segment.rule, segment.version, segment.state) == (_c("f", 2), 2, "never")


def test_what_somebody_else_saved_meanwhile_is_shown_and_then_replaced_knowingly(cs, segment):
    Segment.objects.update(version=2, rule=_c("m", 4))
    answer = cs.post(reverse("segments:edit", args=["mine"]), _typed(_c("f", 2), do="save"))
    html = answer.content.decode()
    assert "「Mスコア」が4" in html
    assert 'name="version" value="2"' in html
    cs.post(reverse("segments:edit", args=["mine"]), _typed(_c("f", 2), do="save", version="2"))
    assert Segment.objects.get().rule == _c("f", 2)


def test_circles_are_refused_naming_them(cs, segment):
    Segment.objects.create(slug="b", name="B", rule={"field": "segment", "op": "in", "value": ["mine"]})
    rule = {"field": "segment", "op": "not_in", "value": ["b"]}
    answer = cs.post(reverse("segments:edit", args=["mine"]), _typed(rule, do="save"))
    assert "私の → B → 私の" in answer.content.decode()


def test_what_a_rule_names_and_is_gone_is_said(cs):
    rule = {
        "all": [{"field": "owner", "op": "in", "value": [999]}, {"field": "segment", "op": "in", "value": ["gone"]}]
    }
    html = cs.post(reverse("segments:new"), _typed(rule, do="save")).content.decode()
    assert "「担当CS」の「999」はもうありません" in html
    assert "「gone」はもうありません" in html


@pytest.mark.django_db
@pytest.mark.parametrize(("role", "status"), [("cs", 403), ("manager", 200)])
def test_a_segment_is_changed_by_its_maker_and_leaders_only(client, segment, role, status):
    client.force_login(factories.user(role=role), backend="accounts.backends.StaffBackend")
    for page in ("edit", "delete"):
        assert client.get(reverse(f"segments:{page}", args=["mine"])).status_code == status


def test_ready_made_segments_are_copied_not_changed(cs):
    Segment.objects.create(slug="vip", name="VIP", rule=_c("m", 5), is_ready_made=True)
    assert cs.get(reverse("segments:edit", args=["vip"])).status_code == 403
    html = cs.get(reverse("segments:new"), {"copy": "vip"}).content.decode()
    assert 'value="VIPのコピー"' in html
    assert 'value="field:m" selected' in html


def test_a_deleted_segment_can_be_taken_back(cs, segment):
    assert "元に戻せます" in cs.get(reverse("segments:delete", args=["mine"])).content.decode()
    answer = cs.post(reverse("segments:delete", args=["mine"]))
    assert not Segment.objects.exists()
    assert cs.get(reverse("segments:detail", args=["mine"])).status_code == 404
    cs.post(answer.url)
    assert Segment.objects.get() == segment
    assert list(AuditEvent.objects.order_by("id").values_list("action", flat=True))[-2:] == [
        "segment.delete",
        "segment.restore",
    ]


def test_a_segment_in_use_cannot_be_deleted_and_says_by_whom(cs, segment):
    Segment.objects.create(
        slug="b", name="上に立つもの", rule={"not": {"field": "segment", "op": "in", "value": ["mine"]}}
    )
    assert "上に立つもの" in cs.get(reverse("segments:delete", args=["mine"])).content.decode()
    html = cs.post(reverse("segments:delete", args=["mine"]), follow=True).content.decode()
    assert "削除できません。使用先" in html
    assert Segment.objects.filter(slug="mine").exists()


def test_the_count_says_how_many_whom_and_the_rule_in_words(cs):
    for code, kind in [("A", "company"), ("B", "person")]:
        factories.customer(code, kind=kind)
    answer = cs.post(reverse("segments:count"), _typed({"field": "kind", "op": "in", "value": ["company"]}))
    html = answer.content.decode()
    assert re.findall(r"<dd>(\d+)<", html) == ["1", "0"]
    assert "顧客A" in html
    assert "「種別」が「法人」" in html
    plain = cs.post(reverse("segments:new"), _typed({"field": "kind", "op": "in", "value": ["company"]}, do="count"))
    assert "顧客A" in plain.content.decode()


def test_the_count_of_an_incomplete_rule_says_what_is_missing(cs):
    html = cs.post(reverse("segments:count"), {"node": "1", "n1-parent": "0", "n1-is": "condition"}).content.decode()
    assert "条件の項目を選んでください" in html


def test_known_values_are_offered_while_typing(cs):
    factories.customer("A", industry="宿泊業", tags=["常連"], attributes={"好み": "和"})
    for of, text, found in [("industry", "泊", "宿泊業"), ("tags", "", "常連"), ("nothing", "", "")]:
        html = cs.get(reverse("segments:suggest"), {"of": of, "n1-value": text}).content.decode()
        assert found in html
        assert html.count("<option") == bool(found)
    assert 'value="field:attribute:好み"' in cs.get(reverse("segments:new"), {"start": "empty"}).content.decode()


def test_a_new_rule_is_computed_at_once_where_the_scores_are_of_today(segment, monkeypatch):
    factories.customer("A")
    Segment.objects.update(state="never", rule={"field": "code", "op": "is", "value": "A"})
    tasks.refresh_new(segment.pk)
    assert Segment.objects.get().state == "never"  # no scores of today: the run that computes them comes to it
    scoring.compute(as_of=dt.date(2026, 6, 30), now=NOW)
    tasks.refresh_new(segment.pk)
    found = Segment.objects.get()
    assert (found.state, found.member_count) == ("fresh", 1)


@pytest.mark.django_db
def test_without_a_broker_the_clock_is_asked(monkeypatch):
    def away(**_options):
        raise OSError

    monkeypatch.setattr(tasks.refresh_new, "apply_async", away)
    tasks.find_customers(1)
    assert jobs.is_asked("pipeline")


def test_starting_points_and_copies_are_offered(cs, segment):
    html = cs.get(reverse("segments:new")).content.decode()
    assert "契約更新60日前でログインなし" in html
    assert '<option value="mine">' in html
    begun = cs.get(reverse("segments:new"), {"start": "no-second-purchase"}).content.decode()
    assert 'value="初回購入から30日、2回目なし"' in begun
    assert cs.get(reverse("segments:new"), {"copy": "nothing"}).status_code == 404


def test_a_rule_that_cannot_be_read_any_more_opens_with_an_empty_condition(cs, segment):
    Segment.objects.update(rule={"field": "gone", "op": "is", "value": "x"})
    html = cs.get(reverse("segments:edit", args=["mine"])).content.decode()
    assert html.count('name="node"') == 1


def test_names_are_told_apart_and_empty_groups_are_named(cs, segment):
    data = _typed(_c("f", 2), do="save", name="私の") | {"node": ["1", "2"], "n2-parent": "0", "n2-is": "group"}
    html = cs.post(reverse("segments:new"), data).content.decode()
    assert "同じ名前のセグメントがあります" in html
    assert "このグループは空です" in html


def test_saving_by_htmx_leads_to_the_segment(cs, segment):
    answer = cs.post(
        reverse("segments:edit", args=["mine"]), _typed(_c("f", 3), do="save"), headers={"HX-Request": "true"}
    )
    assert answer["HX-Redirect"] == reverse("segments:detail", args=["mine"])
    part = cs.post(reverse("segments:new"), _typed(_c("f", 3), do="add:0"), headers={"HX-Request": "true"})
    assert "<html" not in part.content.decode()


def test_only_the_pages_own_count_is_stopped(cs, maker, monkeypatch):
    ended = []
    monkeypatch.setattr(counting, "call_off", ended.append)
    assert cs.post(reverse("segments:stop"), {"page": "0123456789abcdef"}).status_code == 204
    assert cs.post(reverse("segments:stop"), {"page": "' or 1"}).status_code == 204
    assert ended == [f"count {maker.pk} 0123456789abcdef"]


def test_verbs_refuse_who_may_not(segment):
    other = factories.user()
    words = {"name": "x", "description": "", "rule": _c("f", 1), "time_limit": 60}
    for act in (
        lambda: building.change(segment=segment, version=1, by=other, now=NOW, **words),
        lambda: building.archive(segment=segment, by=other, now=NOW),
        lambda: building.restore(segment=segment, by=other),
    ):
        with pytest.raises(building.SegmentError, match="だけです"):
            act()
    gone = {"event": "entered", "measure": "count", "op": "gte", "value": 1, "where": {"segment": ["gone"]}}
    with pytest.raises(rules.RuleError, match="gone"):
        building.check(gone, as_of=NOW.date())

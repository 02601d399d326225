import datetime as dt

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from customers.models import Customer
from scores.models import Score
from segments import contradictions, explaining, rules
from segments.models import Segment
from tests import factories

AS_OF = dt.date(2026, 6, 30)
DORMANT = {"field": "lifecycle", "op": "in", "value": ["dormant", "lapsed"]}


def _is(field, op, value):
    return {"field": field, "op": op, "value": value}


LARGE = {"field": "ltv_historic", "op": "gte", "value": 10_000}


@pytest.mark.parametrize(
    "rule",
    [
        None,
        [],
        {},
        {"all": []},
        {"all": DORMANT},
        {"any": [DORMANT], "all": [DORMANT]},
        {"field": "password", "op": "is", "value": "x"},
        {"field": ["lifecycle"], "op": "in", "value": ["dormant"]},
        {"field": "lifecycle", "op": "gte", "value": 3},
        {"field": "lifecycle", "op": "in", "value": []},
        {"field": "lifecycle", "op": "in", "value": ["nobody"]},
        {"field": "f", "op": "eq", "value": "many"},
        {"field": "f", "op": "eq", "value": True},
        {"field": "f", "op": "eq", "value": "NaN"},
        {"field": "f", "op": "eq", "value": 1e300},
        {"field": "renews_on", "op": "within_next", "value": 0},
        {"field": "renews_on", "op": "from", "value": "2026-02-30"},
        {"field": "is_vip", "op": "is", "value": "yes"},
        {"field": "industry", "op": "is", "value": ""},
        {"field": "industry", "op": "is", "value": "a\0b"},
        {"field": "industry", "op": "is", "value": "x" * 201},
        {"field": "industry", "op": "in", "value": ["x"] * 501},
        {"field": "mrr", "op": "between", "value": [5, 1]},
        {"field": "mrr", "op": "between", "value": 5},
        {"field": "renews_on", "op": "between", "value": ["2026-02-01", "2026-01-01"]},
        {"field": "renews_on", "op": "passed", "value": 1},
        {"field": "owner", "op": "in", "value": [True]},
        {"field": "attribute:", "op": "is", "value": "x"},
        {"event": "birth", "measure": "count", "op": "gte", "value": 1},
        {"event": "purchase", "measure": "weight", "op": "gte", "value": 1},
        {"event": "purchase", "measure": "count", "op": "within_last", "value": 1},
        {"event": "purchase", "measure": "count", "op": "gte", "value": 1, "period": {"last_days": 0}},
        {"event": "purchase", "measure": "count", "op": "gte", "value": 1, "period": [90]},
        {
            "event": "purchase",
            "measure": "count",
            "op": "gte",
            "value": 1,
            "period": {"from": "2026-02-01", "to": "2026-01-01"},
        },
        {"event": "purchase", "measure": "count", "op": "gte", "value": 1, "where": {"colour": "red"}},
        {"event": "interaction", "measure": "count", "op": "gte", "value": 1, "where": {"kind": ["smoke"]}},
        {"any": [{"field": "f", "op": "eq", "value": 1}] * 201},
    ],
)
def test_a_rule_that_cannot_be_read_is_refused_with_a_sentence(rule):
    with pytest.raises(rules.RuleError, match=r"\w"):
        rules.parse(rule)


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["frequency", "segment", "tags", "renews_on", "gte", "in", "purchase", "count", "attribute:x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["all", "any", "not", "field", "op", "value", "event", "measure", "period", "where"]), inner
        )
        | st.fixed_dictionaries({"field": inner, "op": inner, "value": inner})
        | st.fixed_dictionaries({"event": inner, "measure": inner, "op": inner, "value": inner, "where": inner})
    ),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None)
@given(_JSON)
def test_any_json_gives_a_rule_or_a_sentence(rule):
    try:
        found = rules.parse(rule)
    except rules.RuleError as error:
        found = error
    assert found.conditions() if not isinstance(found, Exception) else str(found)


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (_is("r", "gte", 6), "Nobody can ever fit: Recency score is at least 6."),
        ({"event": "purchase", "measure": "count", "op": "lt", "value": 0}, "Nobody can ever fit: Orders so far"),
        ({"all": [_is("r", "eq", 5), _is("r", "lte", 2)]}, "at once: Recency score is 5 / Recency score is at most 2"),
        ({"all": [_is("mrr", "gt", 5), {"not": _is("mrr", "gte", 3)}]}, "MRR is more than ¥5 / not: MRR is at least"),
        ({"all": [_is("mrr", "eq", 5), {"all": [_is("mrr", "ne", 5)]}]}, "MRR is ¥5 / MRR is anything but ¥5"),
        (
            {
                "all": [
                    _is("renews_on", "within_last", 5),
                    _is("renews_on", "within_next", 5),
                    _is("renews_on", "passed", None),
                    _is("renews_on", "longer_ago", 9),
                ]
            },
            "at once",
        ),
        ({"all": [_is("renews_on", "is_unknown", True), _is("renews_on", "within_next", 5)]}, "is not known / Renewal"),
        ({"all": [_is("lifecycle", "in", ["new"]), _is("lifecycle", "not_in", ["new"])]}, "Lifecycle stage is not"),
        ({"all": [_is("industry", "is", "A"), _is("industry", "in", ["B", "C"])]}, "Industry is “A” / Industry is"),
        ({"all": [_is("is_vip", "is", True), {"not": _is("is_vip", "is", True)}]}, "VIP: yes / not: VIP: yes"),
        ({"all": [_is("tags", "any_of", ["A"]), _is("tags", "none_of", ["A", "B"])]}, "Tags include none of"),
        ({"all": [_is("segment", "in", ["x"]), _is("segment", "not_in", ["x"])]}, "in the segment"),
        ({"any": [_is("m", "eq", 5), {"all": [_is("m", "gte", 3), _is("f", "eq", 1), _is("m", "lt", 3)]}]}, "at once"),
        ({"all": [_is("m", "gte", 3), {"any": [_is("m", "lt", 2), _is("f", "eq", 1)]}]}, "is at least 3 / Monetary"),
    ],
)
def test_what_nobody_can_fit_is_refused_naming_the_conditions(db, rule, sentence):
    with translation.override("en"), pytest.raises(rules.RuleError) as refused:
        contradictions.refuse(rules.parse(rule), as_of=AS_OF)
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    "rule",
    [
        {"any": [_is("r", "eq", 5), _is("r", "lte", 2)]},
        {"all": [_is("r", "gte", 2), _is("r", "lte", 2), _is("m", "eq", 1)]},
        {"all": [_is("tags", "any_of", ["A"]), _is("tags", "any_of", ["B"])]},
        {"all": [_is("industry", "contains", "A"), _is("industry", "not_in", ["AB"])]},
        {"all": [{"not": _is("mrr", "lt", 5)}, {"not": _is("mrr", "gte", 5)}]},  # whose MRR is not known
        {"all": [_is("industry", "is_unknown", True), _is("industry", "not_in", ["A"])]},
        {"not": {"all": [_is("is_vip", "is", True), _is("is_vip", "is", False)]}},
        {"all": [_is("segment", "in", ["x"]), _is("segment", "in", ["y"])]},
    ],
)
def test_what_somebody_can_fit_is_not_refused(rule):
    contradictions.refuse(rules.parse(rule), as_of=AS_OF)


def test_groups_too_deep_are_refused():
    rule = DORMANT
    for _level in range(20):
        rule = {"not": rule}
    with pytest.raises(rules.RuleError):
        rules.parse(rule)


def _matching(rule):
    found = Customer.objects.filter(rules.parse(rule).q(AS_OF))
    return set(found.values_list("code", flat=True))


@pytest.fixture
def three(db):
    for code, lifecycle, ltv in [("A", "dormant", 20_000), ("B", "dormant", 5_000), ("C", "active", 30_000)]:
        Score.objects.create(
            customer=factories.customer(code, industry="宿泊" if code == "A" else "卸売"),
            as_of=AS_OF,
            lifecycle=lifecycle,
            ltv_historic=ltv,
            last_purchase_on=AS_OF - dt.timedelta(days=10 * ord(code) - 640),  # 10, 20, 30 days ago
        )


@pytest.mark.parametrize(
    ("rule", "codes"),
    [
        ({"all": [DORMANT, LARGE]}, {"A"}),
        ({"any": [DORMANT, LARGE]}, {"A", "B", "C"}),
        ({"not": DORMANT}, {"C"}),
        ({"all": [LARGE, {"not": {"any": [DORMANT]}}]}, {"C"}),
        ({"field": "lifecycle", "op": "not_in", "value": ["dormant"]}, {"C"}),
        ({"field": "last_purchase_on", "op": "longer_ago", "value": 20}, {"B", "C"}),
        ({"field": "last_purchase_on", "op": "within_last", "value": 20}, {"A"}),
        ({"field": "last_purchase_on", "op": "until", "value": "2026-06-10"}, {"B", "C"}),
        ({"field": "last_login_on", "op": "is_unknown", "value": True}, {"A", "B", "C"}),
        ({"field": "industry", "op": "contains", "value": "卸"}, {"B", "C"}),
        ({"field": "ltv_historic", "op": "lte", "value": "5000"}, {"B"}),
    ],
)
def test_a_rule_finds_whom_it_says(three, rule, codes):
    assert _matching(rule) == codes


def test_a_rule_reads_as_a_sentence_in_both_languages():
    rule = rules.parse({"all": [DORMANT, {"any": [LARGE, {"not": {"field": "is_vip", "op": "is", "value": True}}]}]})
    with translation.override("en"):
        assert rule.words() == (
            "Lifecycle stage is “Dormant” or “Lapsed”, and (LTV so far is at least ¥10,000, or not: VIP: yes)"
        )
    with translation.override("ja"):
        assert rule.words() == (
            "「ライフサイクル」が「休眠」または「離反」、かつ(「累計LTV」が¥10,000以上、または〔「VIP」が「はい」〕に当てはまらない)"
        )


@pytest.mark.parametrize(
    ("rule", "english", "japanese"),
    [
        (
            {
                "event": "purchase",
                "measure": "amount",
                "op": "between",
                "value": [1000, 5000],
                "period": {"from": "2026-04-01", "to": "2026-06-30"},
                "where": {"product": ["皿", "椀"]},
            },
            "Amount bought (before refunds) from 2026/04/01 to 2026/06/30 (Product: “皿” or “椀”):"
            " between ¥1,000 and ¥5,000",
            "2026/04/01から2026/06/30までの「購入金額(返金前)」(商品: 「皿」または「椀」)が¥1,000から¥5,000の範囲",
        ),
        (
            {"not": {"event": "login", "measure": "days", "op": "lt", "value": 3, "period": {"from": "2026-04-01"}}},
            "not: Days with a login since 2026/04/01: less than 3",
            "〔2026/04/01以降の「ログインした日数」が3日未満〕に当てはまらない",
        ),
        (
            {"not": {"any": [_is("p_alive", "lt", "0.5"), _is("tags", "all_of", ["A"])]}},
            "not (P(alive) is less than 50%, or Tags include all of “A”)",
            "〔「継続確率(推定)」が50%より小さい、または「タグ」に「A」のすべてがある〕に当てはまらない",
        ),
        (
            {
                "event": "interaction",
                "measure": "count",
                "op": "lte",
                "value": 0,
                "period": {"to": "2026-04-01"},
                "where": {"category": ["complaint"]},
            },
            "No “Contact with us” until 2026/04/01 (Category: “Complaint”)",
            "2026/04/01までの「お客様とのやりとり」(区分: 「クレーム」)がない",
        ),
        (_is("attribute:席", "is_unknown", True), "席 is not known", "「席」が登録なし"),
        (
            _is("renews_on", "between", ["2026-04-01", "2026-06-30"]),
            "Renewal date lies between 2026/04/01 and 2026/06/30",
            "「更新日」が2026/04/01から2026/06/30の範囲",
        ),
        (
            _is("industry", "in", list("ABCDEFG")),
            "Industry is “A” or “B” or “C” or “D” or “E” (or 2 more)",
            "「業種」が「A」または「B」または「C」または「D」または「E」ほか2件",
        ),
    ],
)
def test_every_kind_of_condition_is_said_as_a_person_would(rule, english, japanese):
    for language, words in [("en", english), ("ja", japanese)]:
        with translation.override(language):
            assert rules.parse(rule).words() == words


def test_what_will_hold_by_itself_says_from_when(db):
    customer = factories.customer("A")
    Score.objects.create(customer=customer, as_of=AS_OF, last_purchase_on="2026-06-20", renews_on="2026-09-10")
    for rule, missing in [
        (_is("last_purchase_on", "longer_ago", 30), "何もしなくても2026/07/20から"),
        (_is("renews_on", "within_next", 60), "何もしなくても2026/07/12から"),
        (_is("renews_on", "passed", None), "何もしなくても2026/09/11から"),
        (_is("renews_on", "within_last", 60), ""),
        (_is("frequency", "lte", 0), ""),
        (_is("monetary", "gte", 1500), "あと¥1,500"),
    ]:
        answer = explaining.why(customer=customer, segment=Segment(slug="s", rule=rule), as_of=AS_OF)
        assert [reason.missing for reason in answer.reasons] == [missing]


def test_a_segment_inside_shows_its_own_conditions(db):
    customer = factories.customer("A")
    Segment.objects.create(slug="inner", name="中", rule={"all": [_is("code", "is", "A"), _is("r", "gte", 3)]})
    rule = _is("segment", "in", ["inner"])
    answer = explaining.why(customer=customer, segment=Segment(slug="s", name="外", rule=rule), as_of=AS_OF)
    assert answer.is_in is False
    assert [(depth, reason.is_met) for depth, reason in answer.lines] == [(0, False), (1, False), (2, True), (2, False)]
    assert answer.lines[0][1].words == "セグメント「中」に入っている"


def test_why_names_the_value_and_what_would_change_it(three):
    segment = Segment.objects.create(slug="s", name="s", rule={"all": [DORMANT, LARGE]})
    with translation.override("en"):
        answer = explaining.why(customer=Customer.objects.get(code="B"), segment=segment, as_of=AS_OF)
        assert answer.is_in is False
        assert [(reason.actual, reason.is_met) for reason in answer.reasons] == [("Dormant", True), ("¥5,000", False)]
        assert answer.sentence == "Would be in it if: LTV so far is at least ¥10,000 (¥5,000 more)"
        inside = explaining.why(customer=Customer.objects.get(code="A"), segment=segment, as_of=AS_OF)
        assert inside.sentence.startswith("Is in it as long as this stays so: Lifecycle stage is “Dormant”")


def test_what_is_not_known_is_said_so(three):
    segment = Segment.objects.create(slug="s", name="s", rule={"field": "p_alive", "op": "gte", "value": 0.5})
    answer = explaining.why(customer=Customer.objects.get(code="A"), segment=segment, as_of=AS_OF)
    assert [reason.actual for reason in answer.reasons] == ["不明"]


VIP, FREQUENT = {"field": "m", "op": "eq", "value": 5}, {"field": "f", "op": "eq", "value": 5}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("rule", "is_in", "sentence"),
    [
        ({"all": [VIP, FREQUENT]}, False, "Would be in it if: Frequency score is 5 (4 more)"),
        ({"any": [VIP, FREQUENT]}, True, "Is in it as long as this stays so: Monetary score is 5"),
        (
            {"any": [FREQUENT, {"not": VIP}]},
            False,
            "Would be in it if: Frequency score is 5 (4 more), or not: Monetary score is 5",
        ),
        ({"not": {"any": [VIP, FREQUENT]}}, False, "Would be in it if: not: Monetary score is 5"),
        ({"not": {"all": [VIP, FREQUENT]}}, True, "Is in it as long as this stays so: not: Frequency score is 5"),
        ({"all": [VIP, {"not": FREQUENT}]}, True, "stays so: Monetary score is 5, and not: Frequency score is 5"),
    ],
)
def test_what_would_change_the_answer_follows_the_tree(rule, is_in, sentence):
    """Of someone with M 5 and F 1."""
    customer = factories.customer("A")
    Score.objects.create(customer=customer, as_of=AS_OF, m=5, f=1)
    with translation.override("en"):
        answer = explaining.why(customer=customer, segment=Segment(rule=rule), as_of=AS_OF)
        assert answer.is_in is is_in
        assert answer.sentence.endswith(sentence)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "score", "shown"),
    [
        ({"field": "is_vip", "op": "is", "value": True}, {"is_vip": True}, "はい"),
        (
            {"field": "last_purchase_on", "op": "longer_ago", "value": 30},
            {"last_purchase_on": "2026-05-01"},
            "2026/05/01",
        ),
        ({"field": "plan", "op": "is", "value": "標準"}, {"plan": "標準"}, "標準"),
        ({"field": "ltv_historic", "op": "gte", "value": 1}, {"ltv_historic": "1234.50"}, "¥1,234.5"),
    ],
)
def test_actual_values_are_written_as_people_read_them(field, score, shown):
    customer = factories.customer("A")
    Score.objects.create(customer=customer, as_of=AS_OF, **score)
    answer = explaining.why(customer=customer, segment=Segment(rule=field), as_of=AS_OF)
    assert [(reason.actual, reason.is_met) for reason in answer.reasons] == [(shown, True)]

"""The registry: every figure is whole, and says the same on its page, in the API, on the command line and in files."""

import csv
import io
import json

import pytest
from django.core.management import call_command
from django.utils import translation
from django.utils.module_loading import import_string

from accounts.models import Installation, Role
from common import sql
from metrics import reports
from metrics.current import Current, Latest
from metrics.definitions import METRICS, REPORTS, TOPICS
from tests import factories

from .conftest import NOW, TODAY

pytestmark = pytest.mark.django_db
COUNTED_FRESH = {
    "model-check",
    "model",
    "rfm-flow",
    "returned",
}  # what the night keeps as the models and days themselves


@pytest.fixture
def bought(bought, signed_in):
    """A manager of that company is signed in."""
    return signed_in(factories.user(role=Role.MANAGER))


@pytest.mark.parametrize("key", METRICS)
def test_an_entry_is_whole(key):
    metric = METRICS[key]
    words = [metric.name, metric.unit, metric.text, metric.formula, *(metric.under_contract or ())]
    assert all(str(one).strip() for one in words)
    assert metric.topic in TOPICS
    assert metric.sql
    assert all(sql.text(path) for path in metric.sql)
    assert metric.report
    with translation.override("ja"):
        text = str(metric.text)
    with translation.override("en"):
        assert text != str(metric.text)


def test_functions_named_are_there():
    for report in REPORTS.values():
        assert callable(import_string(report.compute))
        assert not report.read or callable(import_string(report.read))
    assert set(COUNTED_FRESH) <= set(REPORTS)


def test_every_figure_leads_to_a_page_that_opens_and_has_a_present_value(bought):
    for url in {metric.page_url for metric in METRICS.values()}:
        assert bought.get(url).status_code == 200, url
    latest = Latest(Installation.get())
    for metric in METRICS.values():
        if metric.current:
            assert isinstance(import_string(metric.current)(latest), Current | None)


def _of_command(name, *words):
    out = io.StringIO()
    call_command("report", name, *words, "--format", "json", stdout=out)
    return json.loads(out.getvalue())


@pytest.mark.parametrize("name", REPORTS)
def test_the_api_the_command_and_the_file_say_what_the_raw_rows_say(bought, name):
    """Without as_of they read what pages show; with it they count: always the same."""
    counted = bought.get(f"/api/v1/reports/{name}/?as_of={TODAY}").json()
    assert bought.get(f"/api/v1/reports/{name}/").json() == counted
    assert _of_command(name) == counted
    assert _of_command(name, "--as-of", TODAY.isoformat()) == counted
    kept = reports.answer(name, now=NOW)
    assert (
        list((kept if isinstance(kept, dict) else kept[0]) if kept else reports.COLUMNS[name]) == reports.COLUMNS[name]
    )
    if REPORTS[name].is_one:
        return
    file = list(csv.reader(io.StringIO(bought.get(f"/metrics/csv/{name}/").content.decode("utf-8-sig"))))
    assert file[0] == reports.COLUMNS[name]
    assert len(file) - 1 == len(counted)


@pytest.mark.parametrize(("name", "cut"), [("churn", "owner"), ("ltv", "plan")])
def test_so_they_do_by_a_cut(bought, name, cut):
    computed = reports.compute(name, as_of=TODAY, now=NOW, by=cut)
    assert reports.answer(name, now=NOW, by=cut) == computed


def test_what_pages_show_is_read_and_not_counted(bought, monkeypatch):
    monkeypatch.setattr(reports, "compute", None)
    for name in sorted(set(REPORTS) - COUNTED_FRESH):
        assert reports.answer(name, now=NOW) is not None


def test_periods_before_the_first_kept_are_counted(bought):
    old = {"start": TODAY.replace(year=2025, month=1), "end": TODAY.replace(year=2025, month=2)}
    assert [row["at_start"] for row in reports.answer("churn", now=NOW, **old)] == [0, 0]


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"by": "owner", "second": "owner"}, "cannot be cut|are one"),
        ({"second": "owner"}, "cannot be cut by “owner”"),
        ({"period": "week"}, "has no period “week”"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(asked, sentence):
    with pytest.raises(reports.ReportError, match=sentence):
        reports.Asked(**asked).words(REPORTS["churn"])


def test_the_page_finds_a_figure_by_a_word_of_its_formula(bought):
    context = bought.get("/metrics/definitions/", {"q": "解約率"}).context
    assert "churn" in {one.key for _topic, _words, entries in context["topics"] for one in entries}
    assert context["count"] < context["of"] == len(METRICS)
    assert bought.get("/metrics/definitions/", {"q": "ありえない言葉"}).context["topics"] == []


def test_its_sql_is_shown_to_admins(bought, client):
    assert "AS at_start" not in bought.get("/metrics/definitions/").content.decode()
    client.force_login(factories.user(role=Role.ADMIN), backend="accounts.backends.StaffBackend")
    page = client.get("/metrics/definitions/").content.decode()
    assert "metrics/sql/churn.sql" in page
    assert "AS at_start" in page

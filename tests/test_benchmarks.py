"""The benchmarks' own parts: invented rows are the same again, and a row of results says what it must. No timing."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from benchmarks import doubles, generator, models
from benchmarks.rows import Row
from scores import btyd

SMALL = generator.Size(customers=50, purchases=300, logins=400, histories=0, mails=0)
LAST_DAY = dt.date(2026, 3, 31)


def written(folder, seed):
    folder.mkdir()
    paths = generator.write(folder, SMALL, last_day=LAST_DAY, seed=seed)
    return {kind: path.read_bytes() for kind, path in paths.items()}


def test_the_same_seed_gives_the_same_files_and_another_seed_gives_others(tmp_path):
    first = written(tmp_path / "a", seed=1)
    assert written(tmp_path / "b", seed=1) == first
    other = written(tmp_path / "c", seed=2)
    assert all(other[kind] != first[kind] for kind in first)


def test_files_hold_exactly_as_many_rows_as_the_size_says_within_three_years(tmp_path):
    paths = generator.write(tmp_path, SMALL, last_day=LAST_DAY)
    frames = {kind: pd.read_csv(path) for kind, path in paths.items()}
    assert {kind: len(frame) for kind, frame in frames.items()} == {"customers": 50, "purchases": 300, "logins": 400}
    assert set(frames["purchases"]["customer_id"]) <= set(frames["customers"]["customer_id"])
    for kind, column in (("purchases", "purchased_at"), ("logins", "logged_in_at")):
        assert frames[kind][column].min() >= "2023-04-02"
        assert frames[kind][column].max() < "2026-04-01"
    assert frames["purchases"]["order_id"].is_unique


def test_medium_and_large_hold_what_their_names_promise():
    medium, large = generator.SIZES["M"], generator.SIZES["L"]
    assert (medium.customers, medium.purchases, medium.logins) == (100_000, 1_000_000, 2_000_000)
    assert (large.customers, large.purchases, large.logins) == (1_000_000, 10_000_000, 20_000_000)


def test_simulated_histories_are_ones_the_model_accepts_and_come_from_the_rates_it_then_finds():
    x, last, total = generator.histories(20_000)
    assert (generator.histories(20_000)[0] == x).all()
    model = btyd.fit_transactions(x, last, total)
    assert isinstance(model, btyd.BgNbd)
    assert model.r / model.alpha == pytest.approx(0.8 / 6, rel=0.15)


def test_the_textbook_likelihood_is_the_same_figure_as_the_fit_reports():
    every = generator.histories(5_000)
    model = btyd.fit_transactions(*every)
    logs = np.log([model.r, model.alpha, model.a, model.b])
    x, last, total = every
    assert models.textbook(logs, x, last / 7, total / 7) == pytest.approx(model.log_likelihood, rel=1e-9)


def test_the_closed_form_predicts_what_the_product_predicts():
    every = generator.histories(2_000)
    model = btyd.fit_transactions(*every)
    ours = btyd.expected_purchases(model, 365, *every)
    assert models.predict_by_row(model, *every) == pytest.approx(ours, rel=1e-6, abs=1e-9)


def test_a_row_of_results_has_every_field_and_judges_itself():
    row = Row("import", ours=3.0, beside=2.0, beside_is="COPY", target="ratio <= 2 and rss_mb <= 300", rss_mb=250)
    assert row.written(size="S", stamp={"date": "2026-03-31", "commit": "abc1234"}) == {
        "name": "import",
        "size": "S",
        "ours": 3.0,
        "beside": 2.0,
        "beside_is": "COPY",
        "unit": "s",
        "ratio": 1.5,
        "target": "ratio <= 2 and rss_mb <= 300",
        "met": True,
        "rss_mb": 250,
        "date": "2026-03-31",
        "commit": "abc1234",
    }


def test_a_target_is_met_only_where_all_its_parts_are_and_is_open_where_there_is_none():
    heavy = Row("import", ours=3.0, beside=2.0, beside_is="COPY", target="ratio <= 2 and rss_mb <= 300", rss_mb=301)
    slow = Row("page", ours=100.0, beside=100.0, beside_is="the limit", target="ours < 100")
    assert [heavy.met, slow.met, Row("x", 1.0, 2.0, "y").met] == [False, False, None]


def test_planted_doubles_are_the_same_again_and_each_is_of_an_earlier_customer():
    made, again = doubles.invent(2_000), doubles.invent(2_000)
    assert (made.entries, made.doubles) == (again.entries, again.doubles)
    assert len(made.entries) == 2_000
    assert 0.02 < len(made.doubles) / 2_000 < 0.06
    assert all(first < second for first, second in made.doubles)
    assert doubles.invent(2_000, seed=1).entries != made.entries

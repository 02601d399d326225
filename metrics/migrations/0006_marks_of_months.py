"""Statements that change facts mark the months they touch; what figures are cut by is kept per customer.

One mark a month and statement, appended: writers never wait for each other. Whatever brings or takes facts (imports, the
API, undo, merge, a hand in SQL) marks, because the tables themselves do.
"""

import django.db.models.deletion
from django.db import migrations, models

# Days of rows that came, went or say something else. {day}: the column; {said}: what figures are made of.
DATED = """
CREATE FUNCTION metrics_mark_{kind}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        INSERT INTO metrics_stale (kind, month)
        SELECT DISTINCT '{kind}', date_trunc('month', day::timestamp)::date
          FROM went JOIN came USING (id) CROSS JOIN LATERAL (VALUES (went.{day}), (came.{day})) AS days (day)
         WHERE ({went}) IS DISTINCT FROM ({came});
    ELSE
        INSERT INTO metrics_stale (kind, month)
        SELECT DISTINCT '{kind}', date_trunc('month', day::timestamp)::date
          FROM (SELECT DISTINCT {day} AS day FROM changed) AS days;
    END IF;
    RETURN NULL;
END $$;
"""
# A term concerns every month from its first day on; one of which only the end was changed, from its earlier end on.
TERMS = """
CREATE FUNCTION metrics_mark_contracts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        INSERT INTO metrics_stale (kind, month, onward)
        SELECT DISTINCT 'contracts', date_trunc('month', day::timestamp)::date, TRUE
          FROM went JOIN came USING (id)
         CROSS JOIN LATERAL (
               SELECT CASE WHEN (went.customer_id, went.contract_id, went.starts_on, went.plan, went.mrr, went.is_trial,
                                 went.paused_from, went.paused_to)
                                IS DISTINCT FROM
                                (came.customer_id, came.contract_id, came.starts_on, came.plan, came.mrr, came.is_trial,
                                 came.paused_from, came.paused_to)
                           THEN LEAST(went.starts_on, came.starts_on)
                           ELSE COALESCE(LEAST(went.ends_on, came.ends_on) - 1, went.starts_on)
                      END AS day) AS since
         WHERE went IS DISTINCT FROM came;
    ELSE
        INSERT INTO metrics_stale (kind, month, onward)
        SELECT DISTINCT 'contracts', date_trunc('month', starts_on::timestamp)::date, TRUE FROM changed;
    END IF;
    RETURN NULL;
END $$;
"""
# Who was in a segment at the end of a day counts in periods that begin after it.
MEMBERS = """
CREATE FUNCTION metrics_mark_members() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        INSERT INTO metrics_stale (kind, month, onward)
        SELECT DISTINCT 'values', (date_trunc('month', day::timestamp) + interval '1 month')::date, TRUE
          FROM (SELECT DISTINCT CASE WHEN went.entered_on <> came.entered_on
                                     THEN LEAST(went.entered_on, came.entered_on)
                                     ELSE LEAST(went.left_on, came.left_on) END AS day
                  FROM went JOIN came USING (id)
                 WHERE (went.entered_on, went.left_on) IS DISTINCT FROM (came.entered_on, came.left_on)) AS days;
    ELSE
        INSERT INTO metrics_stale (kind, month, onward)
        SELECT DISTINCT 'values', (date_trunc('month', day::timestamp) + interval '1 month')::date, TRUE
          FROM (SELECT DISTINCT entered_on AS day FROM changed) AS days;
    END IF;
    RETURN NULL;
END $$;
"""
# The RFM segments stored of a month's last day are those of the periods that begin with the day after.
SNAPSHOTS = """
CREATE FUNCTION metrics_mark_snapshots() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO metrics_stale (kind, month)
    SELECT 'values', as_of + 1 FROM (SELECT DISTINCT as_of FROM changed) AS days
     WHERE extract(day FROM as_of + 1) = 1;
    RETURN NULL;
END $$;
"""
TRIGGERS = """
CREATE TRIGGER metrics_came AFTER INSERT ON {table} REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION metrics_mark_{kind}();
CREATE TRIGGER metrics_went AFTER DELETE ON {table} REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION metrics_mark_{kind}();
"""
ON_UPDATE = """
CREATE TRIGGER metrics_changed AFTER UPDATE ON {table} REFERENCING OLD TABLE AS went NEW TABLE AS came
    FOR EACH STATEMENT EXECUTE FUNCTION metrics_mark_{kind}();
"""
TABLES = {
    "purchases": "customers_purchase",
    "logins": "customers_login",
    "contracts": "customers_contract",
    "members": "segments_membership",
    "snapshots": "scores_scoresnapshot",
}
SAID = {
    "purchases": ("purchased_on", ("customer_id", "purchased_on", "amount", "order_id")),
    "logins": ("logged_in_on", ("customer_id", "logged_in_on")),
}
VIEW = """
CREATE OR REPLACE VIEW bi.churn AS
SELECT churn.first AS period_start, churn.months, churn.at_start, churn.lost,
    CASE WHEN churn.at_start > 0 THEN round(100.0 * churn.lost / churn.at_start, 1) END AS rate_percent
FROM metrics_churnrollup AS churn
WHERE churn.dimension = ''
"""
COMPLETE = """ AND NOT EXISTS (
    SELECT FROM metrics_fill AS run
    WHERE run.metric = 'run' AND (churn.first + make_interval(months => churn.months))::date > run.period::date)
"""


def _functions() -> str:
    def columns(of: str, names: tuple[str, ...]) -> str:
        return ", ".join(f"{of}.{name}" for name in names)

    dated = (
        DATED.format(kind=kind, day=day, went=columns("went", names), came=columns("came", names))
        for kind, (day, names) in SAID.items()
    )
    return "".join([*dated, TERMS, MEMBERS, SNAPSHOTS])


def _triggers() -> str:
    updates = (ON_UPDATE.format(kind=kind, table=TABLES[kind]) for kind in TABLES if kind != "snapshots")
    return "".join([*(TRIGGERS.format(kind=kind, table=table) for kind, table in TABLES.items()), *updates])


def _none() -> str:
    return "".join(f"DROP FUNCTION metrics_mark_{kind}() CASCADE;" for kind in TABLES)


class Migration(migrations.Migration):
    dependencies = [
        ("metrics", "0005_figures_to_stand_behind"),
        ("customers", "0013_coupons_of_purchases"),
        ("segments", "0007_lists_and_tiers_of_people_hold_customers"),
        ("scores", "0006_kept_activity"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="spell", index=models.Index(fields=["from_on", "customer"], name="spells_by_start")
        ),
        migrations.CreateModel(
            name="Filed",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("from_on", models.DateField()),
                ("until_on", models.DateField(help_text="last day")),
                ("owner", models.CharField(blank=True, default="", help_text="the user's id", max_length=20)),
                ("industry", models.CharField(blank=True, default="", max_length=100)),
                ("region", models.CharField(blank=True, default="", max_length=100)),
                (
                    "plan",
                    models.CharField(
                        blank=True, default="", help_text="of the largest term on the day before", max_length=100
                    ),
                ),
                ("tier", models.CharField(blank=True, default="", max_length=4)),
                (
                    "customer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="customers.customer",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("customer", "from_on"), name="filed_once_a_day")],
            },
        ),
        migrations.RunSQL(_functions() + _triggers(), _none()),
        migrations.RunSQL(VIEW + COMPLETE, VIEW),
    ]

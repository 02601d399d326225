"""Why customers left, counted; conversations that say something of it mark their month.

What is spoken of counts for who is lost in the year after it.
"""

from django.db import migrations, models

MARK = """
CREATE FUNCTION metrics_mark_talks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO metrics_stale (kind, month)
    SELECT DISTINCT 'talks', date_trunc('month', occurred_at AT TIME ZONE COALESCE((
               SELECT time_zone FROM accounts_installation LIMIT 1), 'Asia/Tokyo'))::date
      FROM changed WHERE competitor <> '' OR category <> '';
    RETURN NULL;
END $$;
CREATE TRIGGER metrics_came AFTER INSERT ON customers_interaction REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION metrics_mark_talks();
CREATE TRIGGER metrics_went AFTER DELETE ON customers_interaction REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION metrics_mark_talks();
CREATE TRIGGER metrics_was AFTER UPDATE ON customers_interaction REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION metrics_mark_talks();
CREATE TRIGGER metrics_became AFTER UPDATE ON customers_interaction REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION metrics_mark_talks();
"""
UNMARK = "DROP FUNCTION metrics_mark_talks() CASCADE"


class Migration(migrations.Migration):
    dependencies = [
        ("metrics", "0008_cohorts_and_movements"),
    ]

    operations = [
        migrations.CreateModel(
            name="LossRollup",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("first", models.DateField(help_text="first day of the period")),
                ("months", models.PositiveSmallIntegerField(help_text="1, 3, 6 or 12")),
                ("dimension", models.CharField(blank=True, default="", max_length=10)),
                (
                    "group",
                    models.CharField(
                        blank=True, default="", help_text="the value at the period's start", max_length=200
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("reason", "Reason"), ("competitor", "Competitor"), ("topic", "Topic")], max_length=10
                    ),
                ),
                ("value", models.CharField(blank=True, default="", max_length=200)),
                ("lost", models.IntegerField()),
                (
                    "mrr",
                    models.DecimalField(
                        decimal_places=2, help_text="their monthly amounts at the period's start", max_digits=20
                    ),
                ),
                (
                    "sales",
                    models.DecimalField(
                        decimal_places=2, help_text="bought by the period's end, net of refunds", max_digits=20
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("months", "dimension", "first", "group", "kind", "value"), name="one_loss_a_value"
                    )
                ],
            },
        ),
        migrations.RunSQL(MARK, UNMARK),
    ]

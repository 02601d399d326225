"""When customers last came, who moved when, and what Metabase reads of cohorts: those of the policy, by month, as before."""

from django.db import migrations, models


VIEW = """
CREATE OR REPLACE VIEW bi.cohorts AS
SELECT cohort.cohort, cohort.month, cohort.size, cohort.retained
FROM metrics_cohortrollup AS cohort
"""
OF_POLICY = " WHERE cohort.kind = '' AND cohort.months = 1"


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0001_squashed_0013_coupons_of_purchases'),
        ("metrics", "0007_worth_of_customers"),
    ]

    operations = [
        migrations.AddField(
            model_name='firstday',
            name='last_bought_on',
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name='firstday',
            name='last_logged_in_on',
            field=models.DateField(null=True),
        ),
        migrations.AddIndex(
            model_name='firstday',
            index=models.Index(fields=['logged_in_on'], name='first_days_by_login'),
        ),
        migrations.AddIndex(
            model_name='revenuespell',
            index=models.Index(fields=['from_on', 'customer'], name='revenue_spells_by_start'),
        ),
        migrations.AddIndex(
            model_name='revenuespell',
            index=models.Index(condition=models.Q(('paused__gt', 0)), fields=['customer'], name='revenue_spells_pausing'),
        ),
        migrations.RunSQL(VIEW + OF_POLICY, VIEW),
    ]

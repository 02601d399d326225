"""Views for Metabase, Tableau and the like, in a schema of their own: `bi`.

Names that stay, whatever the tables behind them become. Nobody's e-mail, phone, address, birthday, and no name of a
person: people stand there by their code. Merged customers are part of the one they were put into; erased ones have
only their figures. A role that may read them and nothing else:

    CREATE ROLE bi LOGIN PASSWORD '…';
    GRANT USAGE ON SCHEMA bi TO bi;
    GRANT SELECT ON ALL TABLES IN SCHEMA bi TO bi;

A later migration that changes the type of a column used here drops the view first and makes it again.
"""

from django.db import migrations

VIEWS = {
    "customers": """
        SELECT customer.code AS customer_id, customer.kind, CASE WHEN customer.kind = 'company' THEN customer.name END AS name,
            customer.industry, customer.region, owner.name AS owner, parent.code AS parent_id, customer.joined_on,
            customer.acquired_via, customer.tags, customer.archived_at IS NOT NULL AS is_archived
        FROM customers_customer AS customer
        LEFT JOIN accounts_user AS owner ON owner.id = customer.owner_id
        LEFT JOIN customers_customer AS parent ON parent.id = customer.parent_id
        WHERE customer.merged_into_id IS NULL
    """,
    "purchases": """
        SELECT customer.code AS customer_id, purchase.order_id, purchase.purchased_at, purchase.purchased_on,
            product.name AS product, purchase.quantity, purchase.amount, purchase.amount < 0 AS is_refund
        FROM customers_purchase AS purchase
        JOIN customers_customer AS customer ON customer.id = purchase.customer_id
        LEFT JOIN customers_product AS product ON product.id = purchase.product_id
    """,
    "logins": """
        SELECT customer.code AS customer_id, login.logged_in_at, login.logged_in_on, login.feature, login.quantity
        FROM customers_login AS login
        JOIN customers_customer AS customer ON customer.id = login.customer_id
    """,
    "contracts": """
        SELECT customer.code AS customer_id, term.contract_id, term.plan, term.mrr, term.billing_cycle, term.starts_on,
            term.renews_on, term.cancelled_on, term.ends_on, term.is_trial, term.seats, term.reason, term.competitor
        FROM customers_contract AS term
        JOIN customers_customer AS customer ON customer.id = term.customer_id
    """,
    "scores": """
        SELECT customer.code AS customer_id, score.first_purchase_on, score.last_purchase_on, score.last_activity_on,
            score.frequency, score.monetary, score.r, score.f, score.m, score.rfm_segment, score.is_vip, score.lifecycle,
            score.lifecycle_since, score.is_active, score.plan, score.mrr, score.renews_on, score.ltv_historic,
            prediction.p_alive, prediction.churn_risk, prediction.ltv_predicted, prediction.as_of AS predicted_as_of
        FROM scores_score AS score
        JOIN customers_customer AS customer ON customer.id = score.customer_id
        LEFT JOIN scores_prediction AS prediction ON prediction.customer_id = score.customer_id
    """,
    "memberships": """
        SELECT customer.code AS customer_id, segment.slug AS segment, segment.name AS segment_name, membership.entered_on,
            membership.left_on
        FROM segments_membership AS membership
        JOIN segments_segment AS segment ON segment.id = membership.segment_id
        JOIN customers_customer AS customer ON customer.id = membership.customer_id
    """,
    "churn": """
        SELECT churn.first AS period_start, churn.months, churn.at_start, churn.lost,
            CASE WHEN churn.at_start > 0 THEN round(100.0 * churn.lost / churn.at_start, 1) END AS rate_percent
        FROM metrics_churnrollup AS churn
        WHERE churn.dimension = ''
    """,
    "cohorts": """
        SELECT cohort.cohort, cohort.month, cohort.size, cohort.retained
        FROM metrics_cohortrollup AS cohort
    """,
}


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_data_in"),
        ("customers", "0004_data_in"),
        ("metrics", "0002_kept_reports"),
        ("scores", "0003_room_for_large_sums"),
        ("segments", "0002_movement"),
    ]

    operations = [
        migrations.RunSQL("CREATE SCHEMA bi", "DROP SCHEMA bi CASCADE"),
        *(migrations.RunSQL(f"CREATE VIEW bi.{name} AS {query}", "") for name, query in VIEWS.items()),
    ]

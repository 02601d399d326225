-- Purpose: what is kept per customer under the names of the temp tables that are built for any past day: a part of other
-- statements (after WITH), never run alone. A statement beginning with it reads what is kept, without it what was built.
-- Reads: metrics_spell, metrics_filed, metrics_firstday, scores_scoresnapshot.
active_spells AS NOT MATERIALIZED (
    SELECT customer_id, from_on, until_on FROM metrics_spell
), filed AS NOT MATERIALIZED (
    SELECT customer_id, from_on, until_on, owner, industry, region, plan, tier FROM metrics_filed
), first_days AS NOT MATERIALIZED (
    SELECT customer_id, bought_on, signed_on FROM metrics_firstday
), segment_at_start AS NOT MATERIALIZED (
    SELECT as_of AS eve, customer_id, rfm_segment FROM scores_scoresnapshot
)

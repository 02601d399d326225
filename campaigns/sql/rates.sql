-- Purpose: what the arms of several campaigns did, summed up where the rows are.
-- One row per campaign and arm, and one per campaign, arm and variant (is_whole: all variants together): randomised,
--     departed (left the analysis, counted or not), open (window not over), customers (analysed), reached, buyers (net
--     revenue above 0), revenue; mean and variance (over n − 1) of it per customer, zeros included, uncapped and capped;
--     last_on (of the latest window).
-- Parameters: those of outcomes.sql, cap (null: none).
-- Reads: what outcomes.sql reads. Writes: nothing.
WITH outcome AS MATERIALIZED ( -- else a filter on it turns its joins into nested loops
    --> campaigns/sql/outcomes.sql
), amount AS (
    SELECT outcome.*, is_counted AND NOT has_left AS is_analysed, revenue::float8 AS amount,
        least(revenue::float8, %(cap)s::float8) AS capped
    FROM outcome
)
SELECT campaign_id, arm, coalesce(variant, '') AS variant, grouping(variant) = 1 AS is_whole,
    count(*) AS randomised,
    count(*) FILTER (WHERE has_left) AS departed,
    count(*) FILTER (WHERE NOT is_over) AS open,
    count(*) FILTER (WHERE is_analysed) AS customers,
    count(*) FILTER (WHERE is_analysed AND has_reached) AS reached,
    count(*) FILTER (WHERE is_analysed AND revenue > 0) AS buyers,
    coalesce(sum(revenue) FILTER (WHERE is_analysed), 0) AS revenue,
    coalesce(avg(amount) FILTER (WHERE is_analysed), 0) AS mean,
    coalesce(var_samp(amount) FILTER (WHERE is_analysed), 0) AS variance,
    coalesce(avg(capped) FILTER (WHERE is_analysed), 0) AS capped_mean,
    coalesce(var_samp(capped) FILTER (WHERE is_analysed), 0) AS capped_variance,
    max(last_on) AS last_on
FROM amount
GROUP BY GROUPING SETS ((campaign_id, arm), (campaign_id, arm, variant))

-- Purpose: the customers behind one sum of revenue movements, from what is kept: who moved so between the two ends of a
-- period (move: new, reactivated, expansion, contraction, churned), or pauses at its end (paused).
-- One row per customer: was, became, amount (what he adds to that sum). Part of the statements that include it.
-- Parameters: first_on, last_on, move, cut ('' or a dimension), value (of it at the period's start).
-- Reads: metrics_revenuespell, metrics_filed, scores_scoresnapshot.
moving AS (
    SELECT customer_id FROM metrics_revenuespell WHERE from_on BETWEEN %(first_on)s AND %(last_on)s
     UNION
    SELECT customer_id FROM metrics_revenuespell WHERE until_on BETWEEN %(first_on)s::date - 1 AND %(last_on)s::date - 1
     UNION
    SELECT customer_id FROM metrics_revenuespell
     WHERE %(move)s = 'paused' AND paused > 0 AND from_on <= %(last_on)s AND until_on >= %(last_on)s
), ends AS (
    SELECT s.customer_id,
           COALESCE(sum(s.mrr) FILTER (WHERE s.from_on < %(first_on)s AND s.until_on >= %(first_on)s::date - 1), 0) AS was,
           COALESCE(sum(s.mrr) FILTER (WHERE s.until_on >= %(last_on)s), 0) AS became,
           COALESCE(sum(s.paused) FILTER (WHERE s.until_on >= %(last_on)s), 0) AS paused,
           COALESCE(bool_or(s.mrr > 0 AND s.from_on < %(first_on)s), FALSE) AS paid_before,
           to_char(min(s.from_on) FILTER (WHERE s.mrr > 0), 'YYYY-MM') AS cohort
      FROM moving m
      JOIN metrics_revenuespell s ON s.customer_id = m.customer_id
     WHERE s.from_on <= %(last_on)s
     GROUP BY s.customer_id
), named AS (
    SELECT e.*,
           CASE WHEN e.was = 0 AND e.became = 0 OR e.was = e.became THEN 'same'
                WHEN e.was = 0 AND e.paid_before THEN 'reactivated'
                WHEN e.was = 0 THEN 'new'
                WHEN e.became = 0 THEN 'churned'
                WHEN e.became > e.was THEN 'expansion'
                ELSE 'contraction'
           END AS move
      FROM ends e
), moved AS (
    SELECT n.customer_id, n.was, n.became,
           CASE WHEN %(move)s = 'paused' THEN n.paused ELSE abs(n.became - n.was) END AS amount
      FROM named n
     WHERE (n.move = %(move)s OR %(move)s = 'paused' AND n.paused > 0)
       AND (%(cut)s = '' OR %(value)s = CASE %(cut)s
            WHEN 'cohort' THEN n.cohort
            WHEN 'segment' THEN COALESCE((
                SELECT g.rfm_segment FROM scores_scoresnapshot g
                 WHERE g.customer_id = n.customer_id AND g.as_of = %(first_on)s::date - 1), '')
            ELSE COALESCE((
                SELECT CASE %(cut)s WHEN 'owner' THEN f.owner WHEN 'industry' THEN f.industry WHEN 'region' THEN f.region
                                    WHEN 'plan' THEN f.plan WHEN 'tier' THEN f.tier END
                  FROM metrics_filed f
                 WHERE f.customer_id = n.customer_id
                   AND CASE WHEN %(cut)s = 'plan' AND n.was = 0 THEN %(last_on)s::date + 1 ELSE %(first_on)s END
                       BETWEEN f.from_on AND f.until_on), '')
            END)
)

-- Purpose: the customers behind one figure of a result, page by page (keyset, no OFFSET).
-- One row per customer: customer_id, code, name, kana, variant, first_on, last_on, is_over, has_reached, revenue, key (of
--     the order), total (how many there are in all).
-- Parameters: those of outcomes.sql, arm, variant (empty: all), only_reached, by_revenue (largest first; else in the order
--     of their numbers), after_key and after_id (null: from the start), way (1: onwards, -1: back), most (null: all).
-- Reads: what outcomes.sql reads. Writes: nothing.
WITH outcome AS MATERIALIZED ( -- else a filter on it turns its joins into nested loops
    --> campaigns/sql/outcomes.sql
), chosen_people AS (
    SELECT outcome.*, CASE WHEN %(by_revenue)s THEN -outcome.revenue ELSE 0 END AS key
    FROM outcome
    WHERE arm = %(arm)s AND is_counted AND NOT has_left AND (%(variant)s = '' OR variant = %(variant)s)
        AND (has_reached OR NOT %(only_reached)s)
)
SELECT chosen_people.customer_id, customer.code, customer.name, customer.kana, chosen_people.variant,
    chosen_people.first_on, chosen_people.last_on, chosen_people.is_over, chosen_people.has_reached,
    chosen_people.revenue, chosen_people.key, (SELECT count(*) FROM chosen_people) AS total
FROM chosen_people
JOIN customers_customer AS customer ON customer.id = chosen_people.customer_id
WHERE %(after_id)s::bigint IS NULL OR (chosen_people.key * %(way)s, chosen_people.customer_id * %(way)s)
    > (%(after_key)s::numeric * %(way)s, %(after_id)s::bigint * %(way)s)
ORDER BY chosen_people.key * %(way)s, chosen_people.customer_id * %(way)s
LIMIT %(most)s

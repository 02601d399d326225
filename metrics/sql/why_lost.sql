-- Purpose: why somebody left, as far as anybody wrote it down: a part of other statements (a FROM list after l), never
-- run alone. The reason and competitor are those of the terms that ended with the spell he left; where no contract names
-- a competitor, that of the latest conversation of the year before he was gone. topic: what the last conversation of
-- the half year before was about. '' = not said. As known at the end of as_of.
-- l: customer_id, from_on (of the spell that ended), since (first day not active). One row per row of l.
-- Parameters: as_of, zone, with_why (off: nobody is looked up).  Reads: customers_contract, customers_interaction.
LEFT JOIN LATERAL (
    SELECT (array_agg(t.reason ORDER BY t.ends_on DESC, t.mrr DESC, t.id) FILTER (WHERE t.reason <> ''))[1] AS reason,
           (array_agg(t.competitor ORDER BY t.ends_on DESC, t.mrr DESC, t.id) FILTER (WHERE t.competitor <> ''))[1]
               AS competitor
      FROM customers_contract t
     WHERE %(with_why)s AND t.customer_id = l.customer_id AND t.ends_on > l.from_on AND t.ends_on <= l.since + 1
       AND NOT t.is_trial AND (t.cancelled_on IS NULL OR t.cancelled_on <= %(as_of)s)
) AS terms ON TRUE
LEFT JOIN LATERAL (
    SELECT i.competitor FROM customers_interaction i
     WHERE %(with_why)s AND i.customer_id = l.customer_id AND i.competitor <> ''
       AND i.occurred_at < (l.since + 1)::timestamp AT TIME ZONE %(zone)s
       AND i.occurred_at >= (l.since - 365)::timestamp AT TIME ZONE %(zone)s
     ORDER BY i.occurred_at DESC, i.id DESC LIMIT 1
) AS talk ON TRUE
LEFT JOIN LATERAL (
    SELECT i.category FROM customers_interaction i
     WHERE %(with_why)s AND i.customer_id = l.customer_id AND i.category <> ''
       AND i.occurred_at < (l.since + 1)::timestamp AT TIME ZONE %(zone)s
       AND i.occurred_at >= (l.since - 183)::timestamp AT TIME ZONE %(zone)s
     ORDER BY i.occurred_at DESC, i.id DESC LIMIT 1
) AS topic ON TRUE
CROSS JOIN LATERAL (
    SELECT COALESCE(terms.reason, '') AS reason,
           COALESCE(terms.competitor, talk.competitor, '') AS competitor,
           COALESCE(topic.category, '') AS topic
) AS why

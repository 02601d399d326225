-- Purpose: how customers stand in periods by our spells and by other ones, counted by who stands alike.
-- One row per period and way to stand: active before the period and at its end, how often one left and came in it, by
-- our spells (our_…) and by the others (their_…); whether a lost one is active again at as_of; how many people, and the
-- ids of the first of them where something moved or differs. Left on day X = active at the end of the day before, not of X.
-- Parameters: firsts, lasts (days), as_of, most (ids kept).  Reads: temp our_spells, active_spells (the others).
WITH periods AS (
    SELECT first_on, last_on FROM unnest(%(firsts)s::date[], %(lasts)s::date[]) AS p (first_on, last_on)
), stood AS (
    SELECT p.first_on, s.customer_id, s.is_ours,
           bool_or(s.from_on < p.first_on) AS at_start,
           bool_or(s.until_on >= p.last_on) AS at_end,
           count(*) FILTER (WHERE s.until_on < p.last_on) AS ends,
           count(*) FILTER (WHERE s.from_on >= p.first_on) AS begins
      FROM periods p
      JOIN (SELECT customer_id, from_on, until_on, TRUE AS is_ours FROM our_spells
            UNION ALL
            SELECT customer_id, from_on, until_on, FALSE FROM active_spells) AS s
        ON s.from_on <= p.last_on AND s.until_on >= p.first_on - 1
     GROUP BY p.first_on, s.customer_id, s.is_ours
), both_ways AS (
    SELECT first_on, customer_id,
           COALESCE(bool_or(at_start) FILTER (WHERE is_ours), FALSE) AS our_start,
           COALESCE(bool_or(at_end) FILTER (WHERE is_ours), FALSE) AS our_end,
           COALESCE(max(ends) FILTER (WHERE is_ours), 0) AS our_ends,
           COALESCE(max(begins) FILTER (WHERE is_ours), 0) AS our_begins,
           COALESCE(bool_or(at_start) FILTER (WHERE NOT is_ours), FALSE) AS their_start,
           COALESCE(bool_or(at_end) FILTER (WHERE NOT is_ours), FALSE) AS their_end,
           COALESCE(max(ends) FILTER (WHERE NOT is_ours), 0) AS their_ends,
           COALESCE(max(begins) FILTER (WHERE NOT is_ours), 0) AS their_begins
      FROM stood
     GROUP BY first_on, customer_id
), placed AS (
    SELECT b.*,
           b.our_start AND NOT b.our_end AND EXISTS (
               SELECT 1 FROM our_spells s
                WHERE s.customer_id = b.customer_id AND s.from_on <= %(as_of)s AND s.until_on >= %(as_of)s) AS is_back,
           b.our_ends + b.our_begins + b.their_ends + b.their_begins > 0 OR b.our_start <> b.their_start AS is_moved
      FROM both_ways b
)
SELECT first_on, our_start, our_end, our_ends, our_begins, their_start, their_end, their_ends, their_begins, is_back,
       count(*) AS people,
       (array_agg(customer_id ORDER BY customer_id) FILTER (WHERE is_moved))[1:%(most)s] AS ids
  FROM placed
 GROUP BY first_on, our_start, our_end, our_ends, our_begins, their_start, their_end, their_ends, their_begins, is_back
 ORDER BY first_on, people DESC

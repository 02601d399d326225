-- Purpose: how customers stand in a period by our spells and by other ones, counted by who stands alike.
-- One row per way to stand: active before the period and at its end, how often one left and came in it, by
-- our spells (our_…) and by the others (their_…); how many people, and the ids of the first of them where something moved
-- or differs. Left on day X = active at the end of the day before, not of X.
-- Parameters: first_on, last_on, most (ids kept).  Reads: temp our_spells, active_spells (the others).
WITH stood AS (
    SELECT s.customer_id, s.is_ours,
           bool_or(s.from_on < %(first_on)s) AS at_start,
           bool_or(s.until_on >= %(last_on)s) AS at_end,
           count(*) FILTER (WHERE s.until_on < %(last_on)s) AS ends,
           count(*) FILTER (WHERE s.from_on >= %(first_on)s) AS begins
      FROM (SELECT customer_id, from_on, until_on, TRUE AS is_ours FROM our_spells
            UNION ALL
            SELECT customer_id, from_on, until_on, FALSE FROM active_spells) AS s
     WHERE s.from_on <= %(last_on)s AND s.until_on >= %(first_on)s::date - 1
     GROUP BY s.customer_id, s.is_ours
), both_ways AS (
    SELECT customer_id,
           COALESCE(bool_or(at_start) FILTER (WHERE is_ours), FALSE) AS our_start,
           COALESCE(bool_or(at_end) FILTER (WHERE is_ours), FALSE) AS our_end,
           COALESCE(max(ends) FILTER (WHERE is_ours), 0) AS our_ends,
           COALESCE(max(begins) FILTER (WHERE is_ours), 0) AS our_begins,
           COALESCE(bool_or(at_start) FILTER (WHERE NOT is_ours), FALSE) AS their_start,
           COALESCE(bool_or(at_end) FILTER (WHERE NOT is_ours), FALSE) AS their_end,
           COALESCE(max(ends) FILTER (WHERE NOT is_ours), 0) AS their_ends,
           COALESCE(max(begins) FILTER (WHERE NOT is_ours), 0) AS their_begins
      FROM stood
     GROUP BY customer_id
), placed AS (
    SELECT b.*,
           b.our_ends + b.our_begins + b.their_ends + b.their_begins > 0 OR b.our_start <> b.their_start AS is_moved
      FROM both_ways b
)
SELECT our_start, our_end, our_ends, our_begins, their_start, their_end, their_ends, their_begins,
       count(*) AS people,
       (array_agg(customer_id ORDER BY customer_id) FILTER (WHERE is_moved))[1:%(most)s] AS ids
  FROM placed
 GROUP BY our_start, our_end, our_ends, our_begins, their_start, their_end, their_ends, their_begins
 ORDER BY people DESC

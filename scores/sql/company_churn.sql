-- Purpose: how many of those active at the start of the last full months (given as first and last days) were lost in
-- them.
-- One row.
-- Reads: temp active_spells.  Writes: nothing.
SELECT count(*) AS at_start,
       count(*) FILTER (
           WHERE s.until_on < m.last_on AND NOT EXISTS (
               SELECT 1 FROM active_spells e
                WHERE e.customer_id = s.customer_id AND e.from_on <= m.last_on AND e.until_on >= m.last_on)
       ) AS lost
  FROM unnest(%(month_firsts)s::date[], %(month_lasts)s::date[]) AS m (first_on, last_on)
  JOIN active_spells s ON s.from_on < m.first_on AND s.until_on >= m.first_on - 1

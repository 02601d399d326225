-- Purpose: who came into a tier and who left it since a day (exclusive), and how many of the moves a change of the
-- rules made. Who is in a tier for the first time did not move. One row per tier.
-- Parameters: since.  Reads: segments_customertier, segments_pasttier.  Writes: nothing.
WITH stays AS (
    SELECT customer_id, tier, since, why, NULL::date AS until FROM segments_customertier
    UNION ALL
    SELECT customer_id, tier, since, why, until FROM segments_pasttier
), moves AS (
    SELECT b.tier AS into_tier, a.tier AS out_of, b.why
      FROM stays AS a JOIN stays AS b ON b.customer_id = a.customer_id AND b.since = a.until
     WHERE a.until > %(since)s::date
)
SELECT tier,
       (SELECT count(*) FROM moves WHERE into_tier = tier) AS entered,
       (SELECT count(*) FROM moves WHERE out_of = tier) AS gone,
       (SELECT count(*) FROM moves WHERE tier IN (into_tier, out_of) AND why = 'rules') AS by_rules
  FROM unnest(ARRAY['high', 'low', 'tech']) AS tier

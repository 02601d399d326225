-- Purpose: how many customers brought how much: one row per band between the edges given (ascending, hundredths);
-- band 0 lies below the first edge, band n from edge n on. Empty bands are left out.
-- Parameters: edges.  Reads: temp ltv_facts.  Writes: nothing.
SELECT width_bucket(historic, %(edges)s::bigint[]) AS band, count(*) AS customers, sum(historic) AS total
  FROM ltv_facts
 GROUP BY 1
 ORDER BY 1

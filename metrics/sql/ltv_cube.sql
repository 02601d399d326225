-- Purpose: LTV so far and of the next 12 months by every dimension and every two of them, read in one go.
-- One row per group of each cut; `mask` says which cut: a bit is 0 for the dimensions that make it, the first
-- (owner) the highest. Amounts in hundredths; to_come is NULL where somebody of the group has no prediction.
-- Reads: temp ltv_facts.  Writes: nothing.
SELECT GROUPING(owner, segment, industry, region, plan, tier, cohort, via) AS mask,
       owner, segment, industry, region, plan, tier, cohort, via,
       count(*) AS customers,
       sum(historic) AS historic,
       CASE WHEN count(predicted) = count(*) THEN sum(predicted - historic) END AS to_come
  FROM ltv_facts
 GROUP BY GROUPING SETS (
           (), (owner), (segment), (industry), (region), (plan), (tier), (cohort), (via), (owner, segment),
           (owner, industry), (owner, region), (owner, plan), (owner, tier), (owner, cohort), (owner, via),
           (segment, industry), (segment, region), (segment, plan), (segment, tier), (segment, cohort),
           (segment, via), (industry, region), (industry, plan), (industry, tier), (industry, cohort),
           (industry, via), (region, plan), (region, tier), (region, cohort), (region, via), (plan, tier),
           (plan, cohort), (plan, via), (tier, cohort), (tier, via), (cohort, via)
       )

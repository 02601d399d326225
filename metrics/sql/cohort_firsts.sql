-- Purpose: the first days of all periods cohorts speak of.
-- One row. Parameters: as_of, unit, months.  Reads: temp cohort_people.
SELECT COALESCE(array_agg(first_on::date ORDER BY first_on), '{}') AS firsts
  FROM generate_series((SELECT min(cohort) FROM cohort_people)::timestamp, %(as_of)s::timestamp, make_interval(months => %(months)s))
       AS p (first_on)

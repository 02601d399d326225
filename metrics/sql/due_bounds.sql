-- Purpose: between which days contract terms are due for renewal.
-- One row (days NULL where none is).  Reads: temp known_terms.
SELECT min(renews_on) AS first_on, max(renews_on) AS last_on FROM known_terms WHERE is_paid AND renews_on IS NOT NULL

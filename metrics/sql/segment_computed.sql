-- Purpose: as segment_at_start.sql, for a day no night has stored. One row per customer.
-- Parameters: first_on.  Reads: temp scored (built for the day before).  Writes: temp segment_at_start.
INSERT INTO segment_at_start (eve, customer_id, rfm_segment)
SELECT %(first_on)s::date - 1, customer_id, rfm_segment FROM scored

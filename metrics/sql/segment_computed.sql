-- Purpose: as segment_at_start.sql, for a day no night has stored. One row per customer.
-- Parameters: first_on.  Reads: temp scored (built for the day before).  Writes: temp segment_at_start.
INSERT INTO segment_at_start (first_on, customer_id, rfm_segment)
SELECT %(first_on)s, customer_id, rfm_segment FROM scored

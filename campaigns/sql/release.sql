-- Purpose: gives back what a sender claimed and did not begin with. Row count: rows given back.
-- Parameters: token. Reads and writes: campaigns_delivery.
UPDATE campaigns_delivery
SET state = 'pending', claim_token = NULL, lease_until = NULL, attempts = attempts - 1
WHERE claim_token = %(token)s AND state = 'claimed'

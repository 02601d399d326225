-- Purpose: the addresses of these customers whose owner was once erased are refused again at once. They are known by
--          their keyed hash alone: HMAC-SHA256 put together from its two paddings (customers.consent.address_hash).
-- One row per address newly refused. Parameters: customers (ids), inner, outer (the padded keys).
-- Reads: customers_customer, customers_contact, customers_erasedaddress. Writes: customers_suppression.
INSERT INTO customers_suppression (channel, address, reason, source, at)
SELECT given.channel, given.address, 'refused', 'erasure', erased.erased_at
FROM (
    SELECT 'mail' AS channel, lower(btrim(normalize(email, NFKC))) AS address FROM customers_contact
    WHERE customer_id = ANY (%(customers)s::bigint[]) AND email <> ''
    UNION
    SELECT 'phone', phone FROM customers_contact WHERE customer_id = ANY (%(customers)s::bigint[]) AND phone <> ''
    UNION
    SELECT 'postal', code FROM customers_customer WHERE id = ANY (%(customers)s::bigint[])
) AS given
JOIN customers_erasedaddress AS erased
  ON erased.channel = given.channel
 AND erased.hash = encode(sha256(%(outer)s::bytea || sha256(%(inner)s::bytea || convert_to(given.address, 'UTF8'))), 'hex')
ON CONFLICT DO NOTHING

-- Purpose: for how many of a segment each merge field is empty, as recipients.sql would fill it for the primary contact.
-- One row. Parameters: segment.
-- Reads: segments_membership, customers_*, accounts_user, scores_score. Writes: nothing.
SELECT
    count(*) FILTER (WHERE coalesce(contact.name, '') = '' AND (customer.kind = 'company' OR customer.name = '')) AS name,
    count(*) FILTER (WHERE CASE WHEN customer.kind = 'company' THEN customer.name ELSE customer.company END = '') AS company,
    count(*) FILTER (WHERE coalesce(contact.department, '') = '') AS department,
    count(*) FILTER (WHERE coalesce(contact.title, '') = '') AS title,
    count(*) FILTER (WHERE coalesce(owner.name, '') = '') AS owner,
    count(*) FILTER (WHERE coalesce(last.product, '') = '') AS last_product,
    count(*) FILTER (WHERE last.purchased_on IS NULL) AS last_purchased_on,
    count(*) FILTER (WHERE coalesce(score.plan, '') = '') AS plan,
    count(*) FILTER (WHERE score.renews_on IS NULL) AS renews_on,
    count(*) FILTER (WHERE score.notice_due_on IS NULL) AS notice_due_on
FROM segments_membership AS membership
JOIN customers_customer AS customer ON customer.id = membership.customer_id
LEFT JOIN LATERAL (
    SELECT contact.name, contact.department, contact.title FROM customers_contact AS contact
    WHERE contact.customer_id = customer.id AND contact.left_on IS NULL
    ORDER BY contact.is_primary DESC, contact.id LIMIT 1
) AS contact ON true
LEFT JOIN accounts_user AS owner ON owner.id = customer.owner_id
LEFT JOIN scores_score AS score ON score.customer_id = customer.id
LEFT JOIN LATERAL (
    SELECT purchase.purchased_on, product.name AS product
    FROM customers_purchase AS purchase
    LEFT JOIN customers_product AS product ON product.id = purchase.product_id
    WHERE purchase.customer_id = customer.id AND purchase.amount >= 0
    ORDER BY purchase.purchased_on DESC, purchase.purchased_at DESC, purchase.id DESC LIMIT 1
) AS last ON true
WHERE membership.segment_id = %(segment)s AND membership.left_on IS NULL

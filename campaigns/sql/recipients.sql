-- Purpose: what the merge fields of claimed rows need.
-- One row per delivery. Parameters: deliveries (ids).
-- Reads: campaigns_delivery, _offer, _coupon, customers_*, scores_score, accounts_user. Writes: nothing.
SELECT delivery.id, delivery.step_id, delivery.campaign_id, delivery.customer_id, delivery.address, delivery.token,
    delivery.message_key, delivery.attempts, delivery.variant, delivery.contact_id,
    customer.code AS customer_code, customer.owner_id, customer.postal_code, customer.address AS postal_address,
    coalesce(contact.phone, '') AS phone, coalesce(contact.time_zone, '') AS time_zone,
    customer.kind, customer.name AS customer_name, customer.company AS employer,
    coalesce(contact.name, '') AS contact_name, coalesce(contact.department, '') AS department,
    coalesce(contact.title, '') AS title,
    coalesce(owner.name, '') AS owner_name,
    CASE WHEN owner.is_active THEN coalesce(owner.email, '') ELSE '' END AS owner_email,
    coalesce(offer.text, '') AS offer, offer.expires_on, coalesce(coupon.code, '') AS coupon,
    coalesce(score.plan, '') AS plan, score.renews_on, score.notice_due_on,
    coalesce(last.product, '') AS last_product, last.purchased_on AS last_purchased_on
FROM campaigns_delivery AS delivery
JOIN customers_customer AS customer ON customer.id = delivery.customer_id
LEFT JOIN customers_contact AS contact ON contact.id = delivery.contact_id
LEFT JOIN accounts_user AS owner ON owner.id = customer.owner_id
LEFT JOIN scores_score AS score ON score.customer_id = delivery.customer_id
LEFT JOIN campaigns_offer AS offer ON offer.campaign_id = delivery.campaign_id
LEFT JOIN campaigns_coupon AS coupon ON coupon.offer_id = offer.id AND coupon.customer_id = delivery.customer_id
LEFT JOIN LATERAL (
    SELECT purchase.purchased_on, product.name AS product
    FROM customers_purchase AS purchase
    LEFT JOIN customers_product AS product ON product.id = purchase.product_id
    WHERE purchase.customer_id = delivery.customer_id AND purchase.amount >= 0
    ORDER BY purchase.purchased_on DESC, purchase.purchased_at DESC, purchase.id DESC LIMIT 1
) AS last ON true
WHERE delivery.id = ANY(%(deliveries)s::bigint[])
ORDER BY delivery.due_at, delivery.id

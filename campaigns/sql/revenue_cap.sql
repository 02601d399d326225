-- Purpose: the 95th percentile of net revenue of this audience's buyers in an equally long window before the launch:
--          above it one large order would decide the result.
-- One row: cap (null where nobody bought). Parameters: campaign, since, until (both inside).
-- Reads: campaigns_enrollment, customers_purchase. Writes: nothing.
SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY buyer.revenue) AS cap
FROM (
    SELECT sum(purchase.amount) AS revenue
    FROM campaigns_enrollment AS enrollment
    JOIN customers_purchase AS purchase ON purchase.customer_id = enrollment.customer_id
    WHERE enrollment.campaign_id = %(campaign)s AND purchase.purchased_on BETWEEN %(since)s AND %(until)s
    GROUP BY purchase.customer_id
    HAVING sum(purchase.amount) > 0
) AS buyer

-- Purpose: everything known of one customer in time, newest first, before a moment, as far down as another.
-- One row per order, refund, day of use, beginning and end of a contract's term, bill, contact with us, consent, event,
-- import that wrote the customer, edit by hand. A contract ends on its last day with service.
-- Parameters: customer, groups (which kinds of entries), before and upto (moment, kind, id each), limit, zone, edits
-- (audit actions shown), mail_kinds (kinds of events that are mail).
-- Reads: facts of the customer, customers_import, customers_importchange, accounts_auditevent, accounts_user.
SELECT entry.at, entry.kind, entry.title, entry.detail, entry.amount, entry.number, entry.source_id,
       COALESCE(entry.category, '') AS category, COALESCE(entry.status, '') AS status,
       COALESCE(person.name, '') AS by_name, entry.by_id, import.id AS import_id, COALESCE(import.file_name, '') AS file_name
  FROM (
    SELECT everything.*
      FROM (
        SELECT min(purchased_at) AS at, CASE WHEN amount < 0 THEN 'refund' ELSE 'purchase' END AS kind,
               CASE WHEN order_id = '' THEN '' ELSE order_id END AS title,
               (array_agg(product.name ORDER BY abs(amount) DESC NULLS LAST))[1] AS detail,
               sum(amount) AS amount, count(*) AS number, min(purchase.id) AS source_id,
               NULL::text AS category, NULL::text AS status, NULL::bigint AS by_id, min(purchase.imported_id) AS imported_id
          FROM customers_purchase AS purchase LEFT JOIN customers_product AS product ON product.id = product_id
         WHERE customer_id = %(customer)s AND 'purchases' = ANY (%(groups)s)
         GROUP BY order_id, amount < 0, CASE WHEN order_id = '' THEN purchase.id END
        UNION ALL
        SELECT max(logged_in_at), 'login', '', COALESCE(string_agg(DISTINCT nullif(feature, ''), ', '), ''), NULL, count(*),
               min(id), NULL, NULL, NULL, min(imported_id)
          FROM customers_login WHERE customer_id = %(customer)s AND 'usage' = ANY (%(groups)s) GROUP BY logged_in_on
        UNION ALL
        SELECT (starts_on + time '00:00') AT TIME ZONE %(zone)s, 'contract_start', contract_id, plan, mrr, 1, id,
               NULL, NULL, NULL, imported_id
          FROM customers_contract WHERE customer_id = %(customer)s AND 'contracts' = ANY (%(groups)s)
        UNION ALL
        SELECT (cancelled_on + time '00:00') AT TIME ZONE %(zone)s, 'contract_notice', contract_id, reason, NULL, 1, id,
               NULL, NULL, NULL, imported_id
          FROM customers_contract
         WHERE customer_id = %(customer)s AND cancelled_on IS NOT NULL AND 'contracts' = ANY (%(groups)s)
        UNION ALL
        SELECT (greatest(starts_on, ends_on - 1) + time '00:00') AT TIME ZONE %(zone)s, 'contract_end', contract_id, plan,
               NULL, 1, id, NULL, NULL, NULL, imported_id
          FROM customers_contract
         WHERE customer_id = %(customer)s AND ends_on IS NOT NULL AND 'contracts' = ANY (%(groups)s)
        UNION ALL
        SELECT (COALESCE(closed_on, due_on, paid_on) + time '00:00') AT TIME ZONE %(zone)s, 'contract_invoice', invoice_id,
               method, amount, 1, id, NULL, CASE WHEN paid_on IS NULL THEN 'unpaid' END, NULL, imported_id
          FROM customers_invoice
         WHERE customer_id = %(customer)s AND COALESCE(closed_on, due_on, paid_on) IS NOT NULL
           AND 'contracts' = ANY (%(groups)s)
        UNION ALL
        SELECT (paid_on + time '00:00') AT TIME ZONE %(zone)s, 'contract_paid', invoice_id, method, amount, 1, id,
               NULL, NULL, NULL, imported_id
          FROM customers_invoice
         WHERE customer_id = %(customer)s AND paid_on IS NOT NULL AND 'contracts' = ANY (%(groups)s)
        UNION ALL
        SELECT occurred_at, 'contact_' || kind, subject, body, NULL, 1, id, category, status, by_id, imported_id
          FROM customers_interaction WHERE customer_id = %(customer)s AND 'contacts' = ANY (%(groups)s)
        UNION ALL
        SELECT at, 'consent_' || state, address, source, NULL, 1, id, channel, NULL, by_id, imported_id
          FROM customers_consent
         WHERE customer_id = %(customer)s AND source <> 'unsubscribe' AND 'mails' = ANY (%(groups)s)
        UNION ALL
        SELECT at, kind, COALESCE(data ->> 'campaign_name', ''), COALESCE(data ->> 'reason', ''), NULL, 1, id,
               NULL, NULL, NULL, imported_id
          FROM customers_event
         WHERE customer_id = %(customer)s
           AND CASE WHEN kind = ANY (%(mail_kinds)s) THEN 'mails' ELSE 'usage' END = ANY (%(groups)s)
        UNION ALL
        SELECT COALESCE(import.started_at, import.created_at), 'import_made', '', '', NULL, 1, import.id,
               NULL, NULL, NULL, import.id
          FROM customers_customer AS customer JOIN customers_import AS import ON import.id = customer.imported_id
         WHERE customer.id = %(customer)s AND 'changes' = ANY (%(groups)s)
        UNION ALL
        SELECT COALESCE(import.started_at, import.created_at), 'import_changed', '', names.found, NULL, 1, change.id,
               NULL, NULL, NULL, import.id
          FROM customers_importchange AS change
          JOIN customers_import AS import ON import.id = change.imported_id
         CROSS JOIN LATERAL (SELECT string_agg(key, ' ' ORDER BY key) AS found FROM jsonb_object_keys(change.after) AS key) AS names
         WHERE change.model = 'customer' AND change.row_id = %(customer)s AND 'changes' = ANY (%(groups)s)
        UNION ALL
        SELECT audit.at, 'edit', audit.action, COALESCE(names.found, ''), NULL, 1, audit.id, NULL, NULL, audit.actor_id, NULL
          FROM accounts_auditevent AS audit
         CROSS JOIN LATERAL (
             SELECT string_agg(name, ' ') AS found
               FROM jsonb_array_elements_text(
                   CASE jsonb_typeof(audit.detail -> 'fields') WHEN 'array' THEN audit.detail -> 'fields' ELSE '[]' END
               ) AS name
         ) AS names
         WHERE audit.object_type = 'customers.Customer' AND audit.object_id = (%(customer)s)::text
           AND audit.action = ANY (%(edits)s) AND 'changes' = ANY (%(groups)s)
      ) AS everything
     WHERE (at, kind, source_id) < (%(before)s::timestamptz, %(before_kind)s, %(before_id)s)
       AND (at, kind, source_id) >= (%(upto)s::timestamptz, %(upto_kind)s, %(upto_id)s)
     ORDER BY at DESC, kind DESC, source_id DESC
     LIMIT %(limit)s
  ) AS entry
  LEFT JOIN accounts_user AS person ON person.id = entry.by_id
  LEFT JOIN customers_import AS import ON import.id = entry.imported_id
 ORDER BY entry.at DESC, entry.kind DESC, entry.source_id DESC

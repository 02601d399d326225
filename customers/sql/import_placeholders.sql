-- Purpose: owners nobody knows become users who cannot sign in, for an admin to join to a person; the text is
--          remembered with them, so that it means that person from then on.
-- One row per unknown owner. Parameters: now. Reads: import_owners, import_ready_customers.
-- Writes: accounts_user, customers_ownername, import_owners.
INSERT INTO accounts_user (password, email, name, role, is_active, is_placeholder, language, created_at)
SELECT '!', CASE WHEN owners.owner LIKE '%%_@_%%' THEN lower(owners.owner) END, owners.owner, 'cs', false, true, '', %(now)s
FROM import_owners AS owners
WHERE owners.user_id IS NULL AND owners.reject IS NULL AND owners.owner IN (
    SELECT ready.owner FROM import_ready_customers AS ready WHERE ready.is_last
    UNION
    SELECT ready.sales_owner FROM import_ready_customers AS ready WHERE ready.is_last
    UNION
    SELECT ready.deputy FROM import_ready_customers AS ready WHERE ready.is_last
)
;;
UPDATE import_owners AS mine SET user_id = staff.id
FROM accounts_user AS staff
WHERE mine.user_id IS NULL AND mine.reject IS NULL AND staff.is_placeholder AND staff.name = mine.owner
;;
INSERT INTO customers_ownername (text, user_id)
SELECT mine.owner, mine.user_id
FROM import_owners AS mine
JOIN accounts_user AS staff ON staff.id = mine.user_id AND staff.is_placeholder AND staff.name = mine.owner
ON CONFLICT DO NOTHING

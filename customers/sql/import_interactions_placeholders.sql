-- Purpose: members of staff nobody knows become users who cannot sign in, for an admin to join to a person.
-- One row per such text in `by`. Parameters: now. Reads: import_owners, import_ready_interactions.
-- Writes: accounts_user, import_owners.
INSERT INTO accounts_user (password, email, name, role, is_active, is_placeholder, language, created_at)
SELECT '!', CASE WHEN owners.owner LIKE '%%_@_%%' THEN lower(owners.owner) END, owners.owner, 'cs', false, true, '', %(now)s
FROM import_owners AS owners
WHERE owners.user_id IS NULL AND owners.reject IS NULL
  AND EXISTS (SELECT FROM import_ready_interactions AS ready WHERE ready.by = owners.owner AND ready.is_last)
;;
UPDATE import_owners AS mine SET user_id = staff.id
FROM accounts_user AS staff
WHERE mine.user_id IS NULL AND mine.reject IS NULL AND staff.is_placeholder AND staff.name = mine.owner

-- Purpose: the views of scope_everybody.sql or scope_wanted.sql go again; what was made from them stays.
-- Reads: nothing.  Writes: temp views these_lines, these_customers, these_purchases, these_logins, these_terms.
DROP VIEW IF EXISTS pg_temp.these_lines, pg_temp.these_customers, pg_temp.these_purchases, pg_temp.these_logins, pg_temp.these_terms

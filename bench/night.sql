-- A company with :accounts accounts of one contact and :orders orders each, over two years, at gaps that differ by account; a third have
-- stopped. For psql, as the superuser.
\set ON_ERROR_STOP on
SET session_replication_role = replica; -- no foreign keys while it is filled: they hold by construction

SELECT gen_random_uuid() AS owner, gen_random_uuid() AS person \gset
INSERT INTO app_user (id, email, family_name, given_name, created_at)
VALUES (:'person', 'owner.' || :'tenant' || '@example.com', '担当', '一郎', now());
INSERT INTO member (tenant_id, id, user_id, role, family_name, given_name, sort_key, email, country, time_zone, joined_on, version, created_at)
VALUES (:'tenant', :'owner', :'person', 'REP', '担当', '一郎', '担当', 'owner.' || :'tenant' || '@example.com', 'JP', 'Asia/Tokyo', '2020-01-01', 1, now());
INSERT INTO membership_index (user_id, tenant_id, member_id) VALUES (:'person', :'tenant', :'owner');

INSERT INTO account (tenant_id, id, name, sort_key, search_text, lifecycle, country, owner_id, band, risk_sort, revenue_at_risk_sort,
  value_sort, last_touch_sort, version, created_at, updated_at)
SELECT :'tenant', gen_random_uuid(), 'Client ' || n, 'client ' || n, 'client ' || n, 'CUSTOMER', 'JP', :'owner', 'UNKNOWN', -1, -1, 0, now(), 1, now(), now()
FROM generate_series(1, :accounts) AS n;

INSERT INTO ownership (tenant_id, id, account_id, member_id, starts_at, reason)
SELECT tenant_id, gen_random_uuid(), id, owner_id, now() - interval '3 years', 'CREATED' FROM account WHERE tenant_id = :'tenant';

INSERT INTO contact (tenant_id, id, account_id, family_name, given_name, sort_key, decision_role, say, is_key, version, created_at, updated_at)
SELECT tenant_id, gen_random_uuid(), id, '担当者', '花子', '担当者', 'UNKNOWN', 1, true, 1, now(), now() FROM account WHERE tenant_id = :'tenant';

-- hashtext of the id: as good as chance, and the same for all orders of an account.
INSERT INTO sales_order (tenant_id, id, account_id, ordered_at, recorded_at, amount_minor, currency, tenant_amount_minor, tenant_currency, rate,
  version, created_at, updated_at)
SELECT tenant_id, gen_random_uuid(), id,
  now() - (CASE WHEN hash % 3 = 0 THEN 200 ELSE hash % 30 END + n * (10 + hash % 50)) * interval '1 day', now(), minor, 'JPY', minor, 'JPY', '1', 1, now(), now()
FROM (SELECT tenant_id, id, abs(hashtext(id::text)::bigint) AS hash FROM account WHERE tenant_id = :'tenant') AS buying,
  generate_series(0, :orders - 1) AS n,
  LATERAL (SELECT 1000 + (hash + n * 7919) % 90000 AS minor) AS amount;

-- What a company has: ten members, and :accounts accounts with their grams, :contacts contacts and :touches activities each,
-- an assessment each, and an open handover for every tenth. For psql, as the superuser, once for each tenant.
\set ON_ERROR_STOP on
SET session_replication_role = replica; -- no foreign keys while it is filled: they hold by construction
SET work_mem = '256MB'; -- what is joined and sorted here is large

-- What is joined below is planned well for a large company only when it is known to be one.
SELECT :accounts >= 10000 AS is_large \gset

CREATE TEMP TABLE owner AS
SELECT n, gen_random_uuid() AS user_id, gen_random_uuid() AS id FROM generate_series(1, 10) AS n;

INSERT INTO app_user (id, email, family_name, given_name, created_at)
SELECT user_id, 'owner' || n || '.' || :'tenant' || '@example.com', '担当' || n, '一郎', now() FROM owner;

INSERT INTO member (tenant_id, id, user_id, role, family_name, given_name, sort_key, email, country, time_zone, joined_on, version, created_at)
SELECT :'tenant'::uuid, id, user_id, 'REP', '担当' || n, '一郎', '担当' || n, 'owner' || n || '.' || :'tenant' || '@example.com',
  'JP', 'Asia/Tokyo', '2020-01-01', 1, now()
FROM owner;

INSERT INTO membership_index (user_id, tenant_id, member_id) SELECT user_id, :'tenant'::uuid, id FROM owner;

CREATE TEMP TABLE filled AS
SELECT n, gen_random_uuid() AS id,
  (ARRAY['田中', '鈴木', '高橋', '渡辺', '小林', '加藤', '吉田', '山田', '佐藤', '松本'])[1 + n % 10]
    || (ARRAY['商店', '精密', '食品', '工業', '物産', '印刷', '運輸'])[1 + n % 7] || n AS name,
  (n::bigint * 7919 % 100003) / 100003.0::float8 AS risk
FROM generate_series(1, :accounts) AS n;

INSERT INTO account (tenant_id, id, name, sort_key, search_text, lifecycle, industry, country, owner_id, band, probability,
  risk_sort, revenue_at_risk_sort, value_sort, last_touch_sort, version, created_at, updated_at)
SELECT :'tenant'::uuid, filled.id, name, name, name, 'CUSTOMER', '製造', 'JP', owner.id,
  CASE WHEN risk > 0.6 THEN 'CRITICAL' WHEN risk > 0.4 THEN 'HIGH' WHEN risk > 0.2 THEN 'MEDIUM' ELSE 'LOW' END,
  risk, risk, (risk * 1000000)::bigint, 1000000, now() - filled.n * interval '1 minute', 1, now(), now()
FROM filled JOIN owner ON owner.n = 1 + filled.n % 10;

INSERT INTO ownership (tenant_id, id, account_id, member_id, starts_at, reason)
SELECT tenant_id, gen_random_uuid(), id, owner_id, created_at, 'CREATED' FROM account WHERE tenant_id = :'tenant'::uuid;

-- One character and every two that stand side by side: as domain::text has it.
INSERT INTO account_gram (tenant_id, gram, sort_key, account_id)
SELECT DISTINCT :'tenant'::uuid, substr(name, place, length), name, id
FROM filled, generate_series(1, 12) AS place, generate_series(1, 2) AS length
WHERE place + length - 1 <= char_length(name)
ORDER BY 2, 3, 4; -- an index is faster filled in its order

INSERT INTO contact (tenant_id, id, account_id, family_name, given_name, sort_key, decision_role, say, is_key, version, created_at, updated_at)
SELECT :'tenant'::uuid, gen_random_uuid(), id, '担当者' || c, '花子', '担当者' || c, 'UNKNOWN', 1, c = 1, 1, now(), now()
FROM filled, generate_series(1, :contacts) AS c;
\if :is_large
ANALYZE account, contact;
\endif

INSERT INTO activity (tenant_id, id, account_id, kind, member_id, started_by, two_way, occurred_at, recorded_at, summary, version, created_at)
SELECT tenant_id, gen_random_uuid(), id, 'CALL', owner_id, 'US', true, last_touch_sort - a * interval '1 day', now(),
  'A call about the next order.', 1, now()
FROM account, generate_series(0, :touches - 1) AS a WHERE tenant_id = :'tenant'::uuid;
\if :is_large
ANALYZE activity;
\endif

-- The key contact took part in each.
INSERT INTO activity_contact (tenant_id, activity_id, contact_id)
SELECT activity.tenant_id, activity.id, contact.id
FROM activity JOIN contact ON contact.tenant_id = activity.tenant_id AND contact.account_id = activity.account_id AND contact.is_key
WHERE activity.tenant_id = :'tenant'::uuid;

INSERT INTO assessment (tenant_id, id, account_id, as_of, recorded_at, probability, band, horizon_days, expected_value_minor,
  revenue_at_risk_minor, currency, model_version, rule_version, factors)
SELECT tenant_id, gen_random_uuid(), id, now(), now(), probability, band, 90, value_sort, revenue_at_risk_sort, 'JPY', 'bench', 'bench',
  jsonb_build_object('format', 1, 'baseline_log_odds', -1.5, 'factors', (
    SELECT jsonb_agg(jsonb_build_object('kind', kind, 'value', 40.0, 'unit', 'DAYS', 'weight', 0.8, 'log_odds', 0.4, 'points', 6.5, 'low', 0.1,
      'high', 0.7, 'prior_share', 0.5, 'cause', NULL, 'controllable', true, 'since', '2026-01-05', 'age_days', 40,
      'half_life_days', 90, 'evidence', '[]'::jsonb))
    FROM unnest(ARRAY['SILENCE', 'SINGLE_CONTACT', 'OWN_REP_CHANGED', 'UNRESOLVED_COMPLAINT']) AS kind))
FROM account WHERE tenant_id = :'tenant'::uuid;
\if :is_large
ANALYZE assessment;
\endif

UPDATE account SET assessment_id = assessment.id
FROM assessment
WHERE account.tenant_id = :'tenant'::uuid AND assessment.tenant_id = account.tenant_id AND assessment.account_id = account.id;

-- To the next of the ten members; begun early enough for some of the activities to be proof.
INSERT INTO handover (tenant_id, id, account_id, from_member_id, to_member_id, status, reason, last_day, planned_at, overridden,
  no_time, version, created_at)
SELECT :'tenant'::uuid, gen_random_uuid(), filled.id, owner.id, successor.id, 'PLANNED', 'ROTATION', now()::date + 30, now() - interval '400 days', false,
  false, 1, now()
FROM filled JOIN owner ON owner.n = 1 + filled.n % 10 JOIN owner AS successor ON successor.n = 1 + (filled.n + 1) % 10
WHERE filled.n % 10 = 0;

INSERT INTO handover_step (tenant_id, id, handover_id, kind, contact_id, due_on, position)
SELECT handover.tenant_id, gen_random_uuid(), handover.id, 'INTRODUCTION', contact.id, now()::date + 10, place
FROM handover JOIN contact ON contact.tenant_id = handover.tenant_id AND contact.account_id = handover.account_id AND contact.is_key,
  generate_series(1, 3) AS place
WHERE handover.tenant_id = :'tenant'::uuid;

-- The same rows for Directus, which does not serve tables whose key has two columns, and what it has to be told of them.
-- For psql, as the superuser, when Directus has made its own tables.
\set ON_ERROR_STOP on
SET search_path = directus;

CREATE TABLE member AS SELECT * FROM public.member;
CREATE TABLE account AS SELECT * FROM public.account;
CREATE TABLE contact AS SELECT * FROM public.contact;
CREATE TABLE activity AS SELECT * FROM public.activity;
ALTER TABLE member ADD PRIMARY KEY (id);
ALTER TABLE account ADD PRIMARY KEY (id), ADD FOREIGN KEY (owner_id) REFERENCES member (id);
ALTER TABLE contact ADD PRIMARY KEY (id), ADD FOREIGN KEY (account_id) REFERENCES account (id);
ALTER TABLE activity ADD PRIMARY KEY (id), ADD FOREIGN KEY (account_id) REFERENCES account (id);
CREATE INDEX ON account (tenant_id, risk_sort, id);
CREATE INDEX ON contact (account_id, sort_key, id);
CREATE INDEX ON activity (account_id, occurred_at, id);
ANALYZE member, account, contact, activity;

INSERT INTO directus_collections (collection) VALUES ('member'), ('account'), ('contact'), ('activity');
INSERT INTO directus_fields (collection, field, special)
VALUES ('account', 'owner_id', 'm2o'), ('account', 'contacts', 'o2m'), ('account', 'activities', 'o2m'),
  ('contact', 'account_id', 'm2o'), ('activity', 'account_id', 'm2o');
INSERT INTO directus_relations (many_collection, many_field, one_collection, one_field)
VALUES ('account', 'owner_id', 'member', NULL), ('contact', 'account_id', 'account', 'contacts'), ('activity', 'account_id', 'account', 'activities');

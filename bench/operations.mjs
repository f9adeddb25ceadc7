// What is asked of each server, what of the answers must be the same, and the ideal statement of the floor.
import { idOf } from './ids.mjs';
import { ask } from './lab.mjs';

const listed = (rows) => rows.map(({ name, owner, contacts, last }) => [name, owner, contacts.length, last && new Date(last).getTime()]);
/** Put in the place of these words anew for each request: an id, and one of the accounts. */
export const fresh = (body, accounts) => body.replace('{{uuid}}', () => crypto.randomUUID())
  .replace('{{account}}', () => accounts[Math.floor(Math.random() * accounts.length)]);

/** Some accounts of the company as each server names them, and what the operations need to know. */
export async function known(database, tenant, hikitsugi) {
  const sql = (text) => database.sql(text);
  const first = sql(`SELECT id, owner_id FROM account WHERE tenant_id = '${tenant}' ORDER BY risk_sort DESC, id DESC LIMIT 1`).split('|');
  const { accounts } = await ask(hikitsugi, { query: '{ accounts(first: 1, orderBy: RISK) { nodes { id owner { id } } } }' });
  // What is recorded goes to many accounts, and to others than those that are read: else the reads would grow with the run.
  const uuids = sql(`SELECT id FROM account WHERE tenant_id = '${tenant}' ORDER BY risk_sort, id LIMIT 1000`).split('\n').slice(0, -100);
  const handover = sql(`SELECT handover.id FROM handover JOIN account ON account.tenant_id = handover.tenant_id AND account.id = account_id WHERE handover.tenant_id = '${tenant}' ORDER BY risk_sort DESC LIMIT 1`);
  const count = Number(sql(`SELECT count(*) FROM account WHERE tenant_id = '${tenant}'`));
  return { tenant, account: first[0], owner: first[1], first: accounts.nodes[0].id, ids: uuids.map((uuid) => idOf('acct', uuid)), ownerId: accounts.nodes[0].owner.id, uuids, handoverId: handover && idOf('hand', handover), handover, count };
}

/** Behind so many rows by risk. */
const DEEP = (count) => Math.min(4_000, Math.floor(count * 0.8));
const AT = new Date(Date.now() - 3_600_000).toISOString();
const ACCOUNT = 'id name country industry lifecycle version';
const LIST = 'id name owner { id familyName } contacts { id familyName }';
const FACTORS = 'kind value weight logOdds points';

export async function oursOf(k, hikitsugi) {
  const deep = DEEP(k.count);
  let cursor = null;
  for (let rows = 0; rows < deep; rows += 100) {
    const { accounts } = await ask(hikitsugi, { query: 'query($after: String, $first: Int) { accounts(first: $first, after: $after, orderBy: RISK) { pageInfo { endCursor } } }', variables: { after: cursor, first: Math.min(100, deep - rows) } });
    cursor = accounts.pageInfo.endCursor;
  }
  return {
    a: [{ query: `query($id: ID!) { account(id: $id) { ${ACCOUNT} } }`, variables: { id: k.first } }, ({ account }) => account.name],
    b: [{ query: `{ accounts(first: 50, orderBy: RISK) { nodes { ${LIST} activities(first: 1) { id occurredAt summary } } } }` },
      (data) => listed(data.accounts.nodes.map((row) => ({ ...row, owner: row.owner.familyName, last: row.activities[0]?.occurredAt })))],
    c: [{ query: 'mutation($input: ActivityRecordInput!) { activityRecord(input: $input) { activity { id summary account { id name } } userErrors { message } } }', variables: { input: { accountId: '{{account}}', kind: 'CALL', occurredAt: AT, startedBy: 'US', summary: 'Called.' } } },
      (data) => data.activityRecord.activity.summary],
    d: [{ query: `query($owner: ID!) { accounts(first: 20, orderBy: RISK, filter: { ownerId: $owner }) { nodes { id name assessment { probability band factors { ${FACTORS} } } openHandover { id status lastDay to { id familyName } } } } }`, variables: { owner: k.ownerId } },
      (data) => data.accounts.nodes.map((row) => [row.name, row.assessment.factors.length, row.openHandover?.lastDay])],
    ...(k.handoverId && { e: [{ query: 'query($id: ID!) { handover(id: $id) { id status continuity { score contacts { weight points contact { id familyName } introduced { id occurredAt } metAlone { id occurredAt } reachedOut { id occurredAt } } } } }', variables: { id: k.handoverId } },
      (data) => data.handover.continuity.contacts.map((row) => row.contact.familyName)] }),
    f: [{ query: '{ accounts(first: 20, filter: { text: "鈴木" }) { nodes { id name } } }' }, (data) => data.accounts.nodes.every((row) => row.name.includes('鈴木')) && data.accounts.nodes.length],
    h: [{ query: 'query($after: String) { accounts(first: 8, after: $after, orderBy: RISK) { nodes { id name } } }', variables: { after: cursor } }, (data) => data.accounts.nodes.map((row) => row.name)],
  };
}

export async function postgraphileOf(k, server) {
  const deep = DEEP(k.count), { allAccounts } = await ask(server, { query: `{ allAccounts(first: 1, offset: ${deep - 1}, orderBy: [RISK_SORT_DESC, ROW_ID_DESC]) { edges { cursor } } }` });
  const order = 'orderBy: [RISK_SORT_DESC, ROW_ID_DESC]';
  return {
    a: [{ query: 'query($t: UUID!, $id: UUID!) { accountByTenantIdAndRowId(tenantId: $t, rowId: $id) { rowId name country industry lifecycle version } }', variables: { t: k.tenant, id: k.account } }, (data) => data.accountByTenantIdAndRowId.name],
    b: [{ query: `{ allAccounts(first: 50, ${order}) { nodes { rowId name memberByTenantIdAndOwnerId { rowId familyName } contactsByTenantIdAndAccountId(first: 3, orderBy: SORT_KEY_ASC) { nodes { rowId familyName } } activitiesByTenantIdAndAccountId(first: 1, orderBy: OCCURRED_AT_DESC) { nodes { rowId occurredAt summary } } } } }` },
      (data) => listed(data.allAccounts.nodes.map((row) => ({ ...row, owner: row.memberByTenantIdAndOwnerId.familyName, contacts: row.contactsByTenantIdAndAccountId.nodes, last: row.activitiesByTenantIdAndAccountId.nodes[0]?.occurredAt })))],
    c: [{ query: 'mutation($input: CreateActivityInput!) { createActivity(input: $input) { activity { rowId summary accountByTenantIdAndAccountId { rowId name } } } }',
      variables: { input: { activity: { tenantId: k.tenant, rowId: '{{uuid}}', accountId: '{{account}}', kind: 'CALL', memberId: k.owner, startedBy: 'US', twoWay: true, occurredAt: AT, recordedAt: AT, summary: 'Called.', version: '1', createdAt: AT } } } },
      (data) => data.createActivity.activity.summary],
    d: [{ query: `query($owner: UUID!) { allAccounts(first: 20, ${order}, condition: { ownerId: $owner }) { nodes { rowId name assessmentsByTenantIdAndAccountId(first: 1, orderBy: RECORDED_AT_DESC) { nodes { probability band factors } } handoversByTenantIdAndAccountId(first: 1) { nodes { rowId status lastDay memberByTenantIdAndToMemberId { rowId familyName } } } } } }`, variables: { owner: k.owner } },
      (data) => data.allAccounts.nodes.map((row) => [row.name, row.assessmentsByTenantIdAndAccountId.nodes[0].factors.factors.length, row.handoversByTenantIdAndAccountId.nodes[0]?.lastDay])],
    e: [{ query: 'query($t: UUID!, $id: UUID!) { handoverByTenantIdAndRowId(tenantId: $t, rowId: $id) { rowId status accountByTenantIdAndAccountId { contactsByTenantIdAndAccountId { nodes { rowId familyName isKey activityContactsByTenantIdAndContactId { nodes { activityByTenantIdAndActivityId { rowId occurredAt kind memberId startedBy } } } } } } } }', variables: { t: k.tenant, id: k.handover } },
      (data) => data.handoverByTenantIdAndRowId.accountByTenantIdAndAccountId.contactsByTenantIdAndAccountId.nodes.filter((row) => row.isKey).map((row) => row.familyName)],
    f: [{ query: '{ allAccounts(first: 20, orderBy: [SORT_KEY_ASC], filter: { name: { includes: "鈴木" } }) { nodes { rowId name } } }' }, (data) => data.allAccounts.nodes.every((row) => row.name.includes('鈴木')) && data.allAccounts.nodes.length],
    h: [{ query: `query($after: Cursor) { allAccounts(first: 8, after: $after, ${order}) { nodes { rowId name } } }`, variables: { after: allAccounts.edges[0].cursor } }, (data) => data.allAccounts.nodes.map((row) => row.name)],
  };
}

export const mercuriusOf = (k) => ({
  a: [{ query: `query($id: ID!) { account(id: $id) { ${ACCOUNT} } }`, variables: { id: k.account } }, ({ account }) => account.name],
  b: [{ query: `{ accounts(first: 50) { ${LIST} lastActivity { id occurredAt summary } } }` },
    (data) => listed(data.accounts.map((row) => ({ ...row, owner: row.owner.familyName, last: row.lastActivity?.occurredAt })))],
  c: [{ query: 'mutation($a: ID!, $m: ID!, $o: String!, $s: String!) { activityRecord(accountId: $a, memberId: $m, occurredAt: $o, summary: $s) { id summary account { id name } } }', variables: { a: '{{account}}', m: k.owner, o: AT, s: 'Called.' } }, (data) => data.activityRecord.summary],
});

export const directusOf = (k) => ({
  a: [{ query: `query($id: ID!) { account_by_id(id: $id) { ${ACCOUNT} } }`, variables: { id: k.account } }, (data) => data.account_by_id.name],
  b: [{ query: `query($t: ID) { account(limit: 50, filter: { tenant_id: { _eq: $t } }, sort: ["-risk_sort", "-id"]) { id name owner_id { id family_name } contacts(limit: 3, sort: ["sort_key"]) { id family_name } activities(limit: 1, sort: ["-occurred_at"]) { id occurred_at summary } } }`, variables: { t: k.tenant } },
    (data) => listed(data.account.map((row) => ({ ...row, owner: row.owner_id.family_name, last: row.activities[0]?.occurred_at })))],
  c: [{ query: 'mutation($data: create_activity_input!) { create_activity_item(data: $data) { id summary account_id { id name } } }',
    variables: { data: { tenant_id: k.tenant, id: '{{uuid}}', account_id: { id: '{{account}}' }, kind: 'CALL', member_id: k.owner, started_by: 'US', two_way: true, occurred_at: AT, recorded_at: AT, summary: 'Called.', version: '1', created_at: AT } } },
    (data) => data.create_activity_item.summary],
});

/** The floor: one statement each. \`:account\` is one of the accounts. */
export const idealOf = (k) => ({
  a: `SELECT id, name, country, industry, lifecycle, version FROM account WHERE tenant_id = '${k.tenant}' AND id = '${k.account}';`,
  b: `SELECT json_agg(json_build_object('id', a.id, 'name', a.name, 'owner', (SELECT json_build_object('id', m.id, 'familyName', m.family_name) FROM member m WHERE m.tenant_id = a.tenant_id AND m.id = a.owner_id), 'contacts', (SELECT json_agg(json_build_object('id', c.id, 'familyName', c.family_name)) FROM (SELECT id, family_name FROM contact WHERE tenant_id = a.tenant_id AND account_id = a.id AND archived_at IS NULL ORDER BY sort_key, id LIMIT 3) c), 'last', (SELECT json_build_object('id', v.id, 'occurredAt', v.occurred_at, 'summary', v.summary) FROM activity v WHERE v.tenant_id = a.tenant_id AND v.account_id = a.id AND v.archived_at IS NULL ORDER BY v.occurred_at DESC, v.id DESC LIMIT 1))) FROM (SELECT * FROM account WHERE tenant_id = '${k.tenant}' AND archived_at IS NULL ORDER BY risk_sort DESC, id DESC LIMIT 50) a;`,
  c: `INSERT INTO activity (tenant_id, id, account_id, kind, member_id, started_by, two_way, occurred_at, recorded_at, summary, version, created_at) SELECT tenant_id, gen_random_uuid(), id, 'CALL', '${k.owner}', 'US', true, '${AT}', now(), 'Called.', 1, now() FROM account WHERE tenant_id = '${k.tenant}' AND id = ('{${k.uuids.join(',')}}'::uuid[])[:place] RETURNING id, summary, (SELECT json_build_object('id', a.id, 'name', a.name) FROM account a WHERE a.tenant_id = activity.tenant_id AND a.id = activity.account_id);`,
});

export const TITLES = {
  a: 'one account by id', b: 'the first fifty accounts by risk, with owner, contacts and last activity', c: 'record an activity and return it with its account',
  d: 'the twenty accounts of one owner at most risk, with factors and handover', e: 'a handover with its continuity and evidence',
  f: 'search by two kanji', g: '1,000 orders imported, with what is reckoned from them', h: 'a page deep in the list',
};

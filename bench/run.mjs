// usage: node run.mjs HIKITSUGI POSTGRES_EMPTY     (bench/peers calls it)
// Fills one database, checks that everybody answers the same, and measures them in turns: see README.md.
import { execFileSync, spawn } from 'node:child_process';
import { cpus, totalmem } from 'node:os';
import { createServer } from 'node:net';
import { mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import autocannon from 'autocannon';

const [binary, postgres] = process.argv.slice(2);
const setting = (name, usual) => Number(process.env[`BENCH_${name}`] ?? usual);
const TENANTS = setting('TENANTS', 20), ACCOUNTS = setting('ACCOUNTS', 5000), SECONDS = setting('SECONDS', 5), ROUNDS = setting('ROUNDS', 3);
const CONNECTIONS = 16, TICKS = 100;
const here = import.meta.dirname ?? new URL('.', import.meta.url).pathname;
const node = join(here, 'node_modules/node/bin/node'); // PostGraphile wants a newer one than many machines have
const started = [];
process.on('exit', () => started.reverse().forEach((child) => child.kill()));

const freePort = async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
};

// --- CPU and memory, from the processes' own accounting

function stat(pid) {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ').map(Number);
  return { parent: fields[1], own: (fields[11] + fields[12]) / TICKS, ended: (fields[13] + fields[14]) / TICKS };
}
const processes = () => readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((pid) => {
  try { return [{ pid: Number(pid), name: readFileSync(`/proc/${pid}/comm`, 'utf8').trim(), ...stat(pid) }]; } catch { return []; }
});
let postmaster;
/** Seconds of all PostgreSQL processes, those that have ended too. */
const databaseCpu = () => processes().filter(({ pid, parent }) => pid === postmaster || parent === postmaster)
  .reduce((sum, one) => sum + one.own + (one.pid === postmaster ? one.ended : 0), 0);
const peakMegabytes = (pid) => Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmHWM:\s+(\d+)/)[1]) / 1024;

// --- one database

const database = spawn(postgres, [], { stdio: ['pipe', 'pipe', 'inherit'] });
started.push(database);
let told = '';
for await (const chunk of database.stdout) {
  told += chunk;
  if (told.includes('\nDATABASE_URL=')) break;
}
const SUPERUSER_URL = told.match(/SUPERUSER_URL=(\S+)/)[1], DATABASE_URL = told.match(/\nDATABASE_URL=(\S+)/)[1];
const sql = (text, ...more) => execFileSync('psql', ['-XqAt', ...more, SUPERUSER_URL], { input: text, encoding: 'utf8' }).trim();
postmaster = Number(sql("SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'"));
postmaster = stat(postmaster).parent;

// --- the servers

async function serve(name, command, args, env) {
  const port = await freePort();
  const child = spawn(command, args, { cwd: here, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, DATABASE_URL, PORT: port, NODE_ENV: 'production', ...env(port) } });
  started.push(child);
  const url = `http://127.0.0.1:${port}/graphql`;
  for (let tries = 0; ; tries++) {
    try { await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"query":"{ __typename }"}' }); break; } catch (error) {
      if (tries > 300) throw error;
      await new Promise((done) => setTimeout(done, 100));
    }
  }
  return { name, url, pid: child.pid };
}
async function ask(url, body, headers) {
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });
  const { data, errors } = await answer.json();
  if (errors) throw new Error(`${url}: ${JSON.stringify(errors).slice(0, 600)}`);
  return data;
}

const hikitsugi = await serve('Hikitsugi', binary, ['serve'], (port) => ({
  HIKITSUGI_SECRET: 'a secret of the comparison, long enough', HIKITSUGI_LISTEN: `127.0.0.1:${port}`, HIKITSUGI_LOG: 'warn',
  HIKITSUGI_COST_BUCKET: '1000000000000', HIKITSUGI_COST_RESTORED_PER_SECOND: '1000000000',
}));
let token;
for (let n = 0; n < TENANTS; n++) {
  const input = { name: `Company ${n}`, country: 'JP', timeZone: 'Asia/Tokyo', currency: 'JPY',
    admin: { email: `admin${n}@example.com`, password: 'a long pass phrase for peers', familyName: 'Admin', givenName: 'Hanako' } };
  const made = await ask(hikitsugi.url, { query: 'mutation($input: TenantCreateInput!) { tenantCreate(input: $input) { tokens { accessToken } userErrors { message } } }', variables: { input } });
  token ??= made.tenantCreate.tokens.accessToken;
}
const tenants = sql('SELECT id FROM tenant ORDER BY created_at, id').split('\n');
for (const tenant of tenants) sql(readFileSync(join(here, 'fill.sql'), 'utf8'), '-v', `tenant=${tenant}`, '-v', `accounts=${ACCOUNTS}`);
sql('VACUUM ANALYZE');
const tenant = sql("SELECT id FROM tenant WHERE name = 'Company 0'");
const first = sql(`SELECT id, owner_id, name FROM account WHERE tenant_id = '${tenant}' ORDER BY risk_sort DESC, id DESC LIMIT 1`).split('|');

const peers = [
  hikitsugi,
  await serve('PostGraphile', node, ['postgraphile.mjs'], () => ({})),
  await serve('Mercurius', node, ['mercurius.mjs'], () => ({})),
];
for (const peer of peers) peer.headers = peer === hikitsugi ? { authorization: `Bearer ${token}` } : { 'x-tenant': tenant };

// --- what is asked, and what of it must be the same

const { accounts } = await ask(hikitsugi.url, { query: '{ accounts(first: 1, orderBy: RISK) { nodes { id name owner { id } } } }' }, hikitsugi.headers);
const ours = accounts.nodes[0];
const at = new Date(Date.now() - 3_600_000).toISOString();
const listed = (rows) => rows.map(({ name, owner, contacts, last }) => [name, owner, contacts.length, last && new Date(last).getTime()]);
const operations = {
  'one account by id': {
    Hikitsugi: [{ query: 'query($id: ID!) { account(id: $id) { id name country industry lifecycle version } }', variables: { id: ours.id } }, ({ account }) => account.name],
    PostGraphile: [{ query: 'query($t: UUID!, $id: UUID!) { accountByTenantIdAndRowId(tenantId: $t, rowId: $id) { rowId name country industry lifecycle version } }', variables: { t: tenant, id: first[0] } }, (data) => data.accountByTenantIdAndRowId.name],
    Mercurius: [{ query: 'query($id: ID!) { account(id: $id) { id name country industry lifecycle version } }', variables: { id: first[0] } }, ({ account }) => account.name],
  },
  'fifty accounts by risk, with owner, contacts and last activity': {
    Hikitsugi: [{ query: '{ accounts(first: 50, orderBy: RISK) { nodes { id name owner { id familyName } contacts { id familyName } activities(first: 1) { id occurredAt summary } } } }' },
      (data) => listed(data.accounts.nodes.map((row) => ({ ...row, owner: row.owner.familyName, last: row.activities[0]?.occurredAt })))],
    PostGraphile: [{ query: '{ allAccounts(first: 50, orderBy: [RISK_SORT_DESC, ROW_ID_DESC]) { nodes { rowId name memberByTenantIdAndOwnerId { rowId familyName } contactsByTenantIdAndAccountId(first: 3, orderBy: SORT_KEY_ASC) { nodes { rowId familyName } } activitiesByTenantIdAndAccountId(first: 1, orderBy: OCCURRED_AT_DESC) { nodes { rowId occurredAt summary } } } } }' },
      (data) => listed(data.allAccounts.nodes.map((row) => ({ ...row, owner: row.memberByTenantIdAndOwnerId.familyName, contacts: row.contactsByTenantIdAndAccountId.nodes, last: row.activitiesByTenantIdAndAccountId.nodes[0]?.occurredAt })))],
    Mercurius: [{ query: '{ accounts(first: 50) { id name owner { id familyName } contacts { id familyName } lastActivity { id occurredAt summary } } }' },
      (data) => listed(data.accounts.map((row) => ({ ...row, owner: row.owner.familyName, last: row.lastActivity?.occurredAt })))],
  },
  'record an activity and return it with its account': {
    Hikitsugi: [{ query: 'mutation($input: ActivityRecordInput!) { activityRecord(input: $input) { activity { id summary account { id name } } userErrors { message } } }', variables: { input: { accountId: ours.id, kind: 'CALL', occurredAt: at, startedBy: 'US', summary: 'Called.' } } }, (data) => data.activityRecord.activity.account.name],
    PostGraphile: [{ query: 'mutation($input: CreateActivityInput!) { createActivity(input: $input) { activity { rowId summary accountByTenantIdAndAccountId { rowId name } } } }',
      variables: { input: { activity: { tenantId: tenant, rowId: '{{uuid}}', accountId: first[0], kind: 'CALL', memberId: first[1], startedBy: 'US', twoWay: true, occurredAt: at, recordedAt: at, summary: 'Called.', version: '1', createdAt: at } } } }, (data) => data.createActivity.activity.accountByTenantIdAndAccountId.name],
    Mercurius: [{ query: 'mutation($a: ID!, $m: ID!, $o: String!, $s: String!) { activityRecord(accountId: $a, memberId: $m, occurredAt: $o, summary: $s) { id summary account { id name } } }', variables: { a: first[0], m: first[1], o: at, s: 'Called.' } }, (data) => data.activityRecord.account.name],
  },
};
const fresh = (body) => body.replace('{{uuid}}', () => crypto.randomUUID());
const IDEAL = {
  'one account by id': `SELECT id, name, country, industry, lifecycle, version FROM account WHERE tenant_id = '${tenant}' AND id = '${first[0]}';`,
  'fifty accounts by risk, with owner, contacts and last activity': `SELECT json_agg(json_build_object('id', a.id, 'name', a.name, 'owner', (SELECT json_build_object('id', m.id, 'familyName', m.family_name) FROM member m WHERE m.tenant_id = a.tenant_id AND m.id = a.owner_id), 'contacts', (SELECT json_agg(json_build_object('id', c.id, 'familyName', c.family_name)) FROM (SELECT id, family_name FROM contact WHERE tenant_id = a.tenant_id AND account_id = a.id AND archived_at IS NULL ORDER BY sort_key, id LIMIT 3) c), 'last', (SELECT json_build_object('id', v.id, 'occurredAt', v.occurred_at, 'summary', v.summary) FROM activity v WHERE v.tenant_id = a.tenant_id AND v.account_id = a.id AND v.archived_at IS NULL ORDER BY v.occurred_at DESC, v.id DESC LIMIT 1))) FROM (SELECT * FROM account WHERE tenant_id = '${tenant}' AND archived_at IS NULL ORDER BY risk_sort DESC, id DESC LIMIT 50) a;`,
  'record an activity and return it with its account': `INSERT INTO activity (tenant_id, id, account_id, kind, member_id, started_by, two_way, occurred_at, recorded_at, summary, version, created_at) VALUES ('${tenant}', gen_random_uuid(), '${first[0]}', 'CALL', '${first[1]}', 'US', true, '${at}', now(), 'Called.', 1, now()) RETURNING id, summary, (SELECT json_build_object('id', a.id, 'name', a.name) FROM account a WHERE a.tenant_id = activity.tenant_id AND a.id = activity.account_id);`,
};

for (const [operation, by] of Object.entries(operations)) {
  const answers = [];
  for (const peer of peers) {
    const [body, pick] = by[peer.name];
    answers.push(JSON.stringify(pick(await ask(peer.url, JSON.parse(fresh(JSON.stringify(body))), peer.headers))));
  }
  if (answers.some((answer) => answer !== answers[0])) throw new Error(`They do not agree on ${operation}:\n${answers.join('\n')}`);
}

// --- in turns

const folder = mkdtempSync(join(tmpdir(), 'hikitsugi-bench-'));
function pgbench(operation) {
  const file = join(folder, 'ideal.sql');
  writeFileSync(file, `BEGIN;\nSET LOCAL hikitsugi.tenant_id = '${tenant}';\n${IDEAL[operation]}\nCOMMIT;\n`);
  const before = databaseCpu();
  const command = `TIMEFORMAT='cpu %U %S'; time pgbench -n -M prepared -c ${CONNECTIONS} -j 2 -T ${SECONDS} -f ${file} '${DATABASE_URL}'`;
  const out = execFileSync('bash', ['-c', `{ ${command}; } 2>&1`], { encoding: 'utf8' });
  const count = Number(out.match(/actually processed: (\d+)/)[1]), [, user, system] = out.match(/cpu ([\d.]+) ([\d.]+)/);
  return { perSecond: count / SECONDS, p50: NaN, p99: NaN, server: (Number(user) + Number(system)) * 1000 / count, database: (databaseCpu() - before) * 1000 / count };
}
async function load(peer, operation) {
  const body = JSON.stringify(operations[operation][peer.name][0]);
  const [server, base] = [stat(peer.pid).own, databaseCpu()];
  const done = await autocannon({ url: peer.url, connections: CONNECTIONS, duration: SECONDS, requests: [{ method: 'POST', headers: { 'content-type': 'application/json', ...peer.headers }, body, setupRequest: (request) => ({ ...request, body: fresh(body) }) }] });
  const count = done['2xx'];
  if (done.non2xx || done.errors) throw new Error(`${peer.name}, ${operation}: ${done.non2xx} refused, ${done.errors} failed`);
  return { perSecond: done.requests.average, p50: done.latency.p50, p99: done.latency.p99, server: (stat(peer.pid).own - server) * 1000 / count, database: (databaseCpu() - base) * 1000 / count };
}

const measured = {};
for (let round = -1; round < ROUNDS; round++) for (const operation of Object.keys(operations)) {
  const keep = (name, result) => { if (round >= 0) (measured[operation] ??= {}, measured[operation][name] ??= []).push(result); };
  for (const peer of peers) keep(peer.name, await load(peer, operation));
  keep('pgbench', pgbench(operation));
}

// --- the table

const median = (numbers) => numbers.toSorted ? numbers.toSorted((a, b) => a - b)[numbers.length >> 1] : [...numbers].sort((a, b) => a - b)[numbers.length >> 1];
const lines = [];
for (const [operation, by] of Object.entries(measured)) {
  lines.push(`### ${operation[0].toUpperCase()}${operation.slice(1)}`, '', '| | requests/s | p50 ms | p99 ms | CPU ms a request: server | + PostgreSQL | CPU of Hikitsugi to it |', '| --- | --- | --- | --- | --- | --- | --- |');
  const of = (name, key) => median(by[name].map((one) => one[key]));
  const total = (name) => of(name, 'server') + of(name, 'database');
  for (const name of Object.keys(by)) {
    const cell = (key, digits) => (Number.isNaN(of(name, key)) ? '' : of(name, key).toFixed(digits));
    lines.push(`| ${name} | ${cell('perSecond', 0)} | ${cell('p50', 0)} | ${cell('p99', 0)} | ${cell('server', 2)} | ${cell('database', 2)} | ${name === 'Hikitsugi' ? '' : (total('Hikitsugi') / total(name)).toFixed(2)} |`);
  }
  lines.push('');
}
lines.push(`Most memory: ${peers.map((peer) => `${peer.name} ${peakMegabytes(peer.pid).toFixed(0)} MB`).join(', ')}.`);
const versions = Object.entries(JSON.parse(readFileSync(join(here, 'package.json'), 'utf8')).dependencies).map(([name, version]) => `${name} ${version}`);
const head = [
  '# The last comparison', '', 'Made by `bench/peers`; what is compared and how is in [README.md](README.md). Compare the ratios; times are those of one noisy machine.', '',
  `${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${cpus()[0].model.trim()}, ${(totalmem() / 2 ** 30).toFixed(0)} GB, PostgreSQL ${sql('SHOW server_version').split(' ')[0]}, ${versions.join(', ')}.`,
  `${TENANTS} tenants of ${ACCOUNTS} accounts, ${CONNECTIONS} connections, medians of ${ROUNDS} rounds of ${SECONDS} s each, in turns.`, '',
];
console.log(lines.join('\n'));
writeFileSync(join(here, 'RESULTS.md'), [...head, ...lines, ''].join('\n'));
process.exit(0);

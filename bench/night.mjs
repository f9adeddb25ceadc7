// usage: node night.mjs HIKITSUGI POSTGRES_EMPTY SCORE     (bench/night calls it)
// What the nightly run over a large company costs, whom it keeps waiting, and what is left of it when it is killed.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import * as lab from './lab.mjs';

const [binary, postgres, score] = process.argv.slice(2);
const accounts = lab.setting('ACCOUNTS', 1_000_000), orders = lab.setting('ORDERS', 10);
const SMALL = 100;
const plain = (count) => count.toLocaleString('en');
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

const database = await lab.database(postgres);
let server = await lab.hikitsugi(database, binary);
const [large, small] = await lab.founded(server, ['Large', 'Small']);
const end = async (signal) => { const gone = once(server.child, 'exit'); server.child.kill(signal); await gone; };
await end('SIGKILL');
for (const [{ id }, count] of [[large, accounts], [small, SMALL]]) {
  database.sql(readFileSync(join(lab.here, 'night.sql'), 'utf8'), '-v', `tenant=${id}`, '-v', `accounts=${count}`, '-v', `orders=${orders}`);
}
database.sql('VACUUM ANALYZE');
database.sql("DELETE FROM log_reader WHERE name = 'risk.day'");

// One connection that watches, and asks for next to nothing: what it costs counts as PostgreSQL's.
const watch = new pg.Client(database.superuser);
await watch.connect();
/** Whether a company's night is over, and behind which account it is. */
const progress = async ({ id }) => {
  const { rows: [row] } = await watch.query("SELECT ran_on IS NOT NULL AS done, after_id FROM log_reader WHERE name = 'risk.day' AND tenant_id = $1", [id]);
  return { isDone: row?.done ?? false, after: row?.after_id ?? null };
};
/** Which share of the accounts is done: ids are random, so their beginnings are spread evenly. */
const part = (after) => after ? parseInt(after.slice(0, 8), 16) / 2 ** 32 : 0;
const seen = { memory: 0, longest: 0 };
/** The server's memory, and its longest transaction, in seconds. */
const look = async () => {
  seen.memory = Math.max(seen.memory, lab.megabytes(server.pid));
  const { rows: [{ age }] } = await watch.query("SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0) AS age FROM pg_stat_activity WHERE usename LIKE '%app' AND state <> 'idle'");
  seen.longest = Math.max(seen.longest, Number(age));
};
/** Runs a night until `isOver` says so: CPU seconds of server and PostgreSQL. */
const night = async (isOver) => {
  const before = database.cpu();
  server = await lab.hikitsugi(database, binary);
  for (let looks = 0; !await isOver(); looks++) {
    await look();
    if (looks % 100 === 0) console.error(`${(100 * part((await progress(large)).after)).toFixed(1)} % of the accounts done, ${seen.memory.toFixed(0)} MB`);
    await pause(200);
  }
  const { own } = lab.stat(server.pid);
  const spent = { server: own, database: database.cpu() - before };
  console.error(JSON.stringify({ ...spent, ...seen }));
  return spent;
};
const newDay = () => database.sql("UPDATE log_reader SET ran_on = NULL WHERE name = 'risk.day'");
const stored = () => Number(database.sql(`SELECT count(*) FROM assessment WHERE tenant_id = '${large.id}'`));

// The first night assesses everybody; it is killed at a fifth.
let share;
let killedAt;
const begun = await night(async () => {
  const { isDone, after } = await progress(large);
  if (share === undefined && (await progress(small)).isDone) share = part(after);
  killedAt = after;
  return share !== undefined && (isDone || part(after) >= 0.2);
});
await end('SIGKILL');
const left = (await progress(large)).after ?? killedAt;
let resumedAt;
const ended = await night(async () => {
  const { isDone, after } = await progress(large);
  if (resumedAt === undefined && after !== left) resumedAt = after;
  return isDone;
});
const first = { server: begun.server + ended.server, database: begun.database + ended.database };
const inAll = stored();
const goesOn = resumedAt === undefined || resumedAt === null || resumedAt > left;
// An order more: one account is assessed again, by the model that is kept.
const spent = lab.stat(server.pid).own;
const asAdmin = { ...server, headers: await lab.headers(server, large) };
const gid = (await lab.ask(asAdmin, { query: '{ accounts(first: 1, orderBy: RISK) { nodes { id } } }' })).accounts.nodes[0].id;
const standing = async () => (await lab.ask(asAdmin, { query: 'query($id: ID!) { account(id: $id) { assessment { id } } }', variables: { id: gid } })).account.assessment.id;
const stood = await standing();
const input = { accountId: gid, placedAt: new Date().toISOString(), amount: { amount: '5000', currencyCode: 'JPY' } };
const made = await lab.ask(asAdmin, { query: 'mutation($input: OrderCreateInput!) { orderCreate(input: $input) { order { id } userErrors { message } } }', variables: { input } });
if (made.orderCreate.userErrors.length) throw new Error(JSON.stringify(made));
for (let tries = 0; await standing() === stood; tries++) { if (tries > 200) throw new Error('the order moved nothing'); await pause(100); }
const one = lab.stat(server.pid).own - spent;
await end('SIGTERM');

// The night after: what has hardly changed is assessed and not stored.
newDay();
const second = await night(async () => (await progress(large)).isDone);
await end('SIGTERM');

const scored = JSON.parse(execFileSync(score, { encoding: 'utf8' }));
const perSecond = ({ server, database }) => Math.round(accounts / (server + database)).toLocaleString('en');
const percent = (part) => `${(100 * part).toFixed(0)} %`;
const text = [
  '# The nightly run over a large company', '', 'Made by `bench/night`. Counts and shares compare; times are those of one noisy machine.', '', `${database.machine()}.`, '',
  `${plain(accounts)} accounts of ${orders} orders and a contact each, beside a company of ${SMALL}. PostgreSQL runs as for tests, without waiting for the disk.`, '',
  '| | |', '| --- | --- |',
  `| clients a CPU second, scoring alone | ${plain(scored.perSecond)} |`,
  `| end to end, everybody's first assessment (server and PostgreSQL) | ${perSecond(first)} |`,
  `| end to end, the night after | ${perSecond(second)} |`,
  `| of that CPU, first night: server, PostgreSQL | ${percent(first.server / (first.server + first.database))}, ${percent(first.database / (first.server + first.database))} |`,
  `| of that CPU, the night after: server, PostgreSQL | ${percent(second.server / (second.server + second.database))}, ${percent(second.database / (second.server + second.database))} |`,
  `| of the server's CPU, scoring itself: the night after | ${percent(accounts / scored.perSecond / second.server)} |`,
  `| most memory of the server | ${seen.memory.toFixed(0)} MB |`,
  `| longest transaction seen | ${seen.longest < 60 ? `below ${Math.ceil(seen.longest)} s` : `${seen.longest.toFixed(0)} s`} |`,
  `| the company of ${SMALL} was done when of the large one so much was | ${(100 * share).toFixed(2)} % |`,
  `| killed at a fifth: went on behind where it was | ${goesOn ? 'yes' : 'NO'} |`,
  `| assessments stored of ${plain(accounts)} accounts by then | ${plain(inAll)} |`,
  `| a new order: the account assessed again for so much of the first night's CPU | ${(one / first.server).toExponential(1)} |`,
  '',
];
writeFileSync(join(lab.here, 'NIGHT.md'), text.join('\n'));
console.log(text.join('\n'));
process.exit(goesOn && inAll >= accounts && share <= Math.max(0.01, 2500 / accounts) && seen.longest < 60 ? 0 : 1);

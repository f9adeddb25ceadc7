// What the comparison and the other measurements stand on: a PostgreSQL filled with companies, servers over it, and what
// processes say of the CPU that they used.
import { execFileSync, spawn } from 'node:child_process';
import { cpus, tmpdir, totalmem } from 'node:os';
import { createServer } from 'node:net';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { once } from 'node:events';
import { uuidOf } from './ids.mjs';

export const setting = (name, usual) => Number(process.env[`BENCH_${name}`] ?? usual);
export const here = import.meta.dirname ?? new URL('.', import.meta.url).pathname;
export const CONNECTIONS = 16;
const TICKS = 100;
const SECRET = 'a secret of the comparison, long enough';
const started = [], folders = [];
process.on('exit', () => {
  started.reverse().forEach((child) => child.kill());
  folders.forEach((path) => rmSync(path, { recursive: true, force: true }));
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1)); // else what was started goes on

const freePort = async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
};

// --- CPU and memory, from the processes' own accounting

export function stat(pid) {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ').map(Number);
  return { parent: fields[1], own: (fields[11] + fields[12]) / TICKS, ended: (fields[13] + fields[14]) / TICKS };
}
const processes = () => readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((pid) => {
  try { return [{ pid: Number(pid), ...stat(pid) }]; } catch { return []; }
});
export const megabytes = (pid) => Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]) / 1024;
export const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

// --- one database

/** Starts a PostgreSQL of its own, empty and migrated: `postgres` is tests/examples/postgres_empty. */
export async function database(postgres) {
  const child = spawn(postgres, [], { stdio: ['pipe', 'pipe', 'inherit'] });
  started.push(child);
  let told = '';
  for await (const chunk of child.stdout) {
    told += chunk;
    if (told.includes('\nDATABASE_URL=')) break;
  }
  const superuser = told.match(/SUPERUSER_URL=(\S+)/)[1], url = told.match(/\nDATABASE_URL=(\S+)/)[1];
  const sql = (text, ...more) => execFileSync('psql', ['-XqAt', ...more, superuser], { input: text, encoding: 'utf8', maxBuffer: 2 ** 28 }).trim();
  const postmaster = stat(Number(sql("SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'"))).parent;
  /** Seconds of all its processes, those that have ended too. */
  const cpu = () => processes().filter(({ pid, parent }) => pid === postmaster || parent === postmaster)
    .reduce((sum, one) => sum + one.own + (one.pid === postmaster ? one.ended : 0), 0);
  const machine = () => `${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${cpus()[0].model.trim()}, ${(totalmem() / 2 ** 30).toFixed(0)} GB, PostgreSQL ${sql('SHOW server_version').split(' ')[0]}`;
  return { url, superuser, sql, cpu, machine };
}

/** An empty SQLite, migrated. */
export function file(binary) {
  const url = `sqlite://${join(folder(), 'hikitsugi.db')}`;
  execFileSync(binary, ['migrate'], { env: { ...process.env, DATABASE_URL: url, HIKITSUGI_SECRET: SECRET } });
  return { url };
}

// --- servers

export async function serve(name, database, command, args, env) {
  const port = await freePort();
  const child = spawn(command, args, { cwd: here, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, DATABASE_URL: database.url, PORT: port, NODE_ENV: 'production', ...env(port) } });
  started.push(child);
  const base = `http://127.0.0.1:${port}`, url = `${base}/graphql`;
  for (let tries = 0; ; tries++) {
    try { await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"query":"{ __typename }"}' }); break; } catch (error) {
      if (tries > 300) throw error;
      await new Promise((done) => setTimeout(done, 100));
    }
  }
  return { name, base, url, pid: child.pid, child };
}
export async function ask({ url, headers }, body, more) {
  const send = () => fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers, ...more }, body: JSON.stringify(body) });
  // Connections that lay while a company was filled may be closed: as often as there may be of them.
  let answer = null;
  for (let tries = 0; !answer; tries++) answer = await send().catch((error) => { if (tries > 20) throw error; });
  const { data, errors } = await answer.json();
  if (errors) throw new Error(`${url}: ${JSON.stringify(errors).slice(0, 600)}`);
  return data;
}

/** Hikitsugi over the database as its image runs it, with nobody's bucket of points ever empty unless it is `guarded`. */
export const hikitsugi = (database, binary, isGuarded = false) => serve('Hikitsugi', database, binary, ['serve'], (port) => ({
  HIKITSUGI_SECRET: SECRET, HIKITSUGI_LISTEN: `127.0.0.1:${port}`, HIKITSUGI_LOG: 'warn', HIKITSUGI_TRUSTED_PROXIES: '1', MIMALLOC_PURGE_DELAY: '10',
  ...(!isGuarded && { HIKITSUGI_COST_BUCKET: '1000000000000', HIKITSUGI_COST_RESTORED_PER_SECOND: '1000000000' }),
}));

/** Founds companies through the API: their ids and the tokens of their administrators. */
export async function founded(server, names) {
  const made = [];
  for (const name of names) {
    const input = { name, country: 'JP', timeZone: 'Asia/Tokyo', currency: 'JPY',
      admin: { email: `admin-${crypto.randomUUID()}@example.com`, password: 'a long pass phrase for peers', familyName: 'Admin', givenName: 'Hanako' } };
    const { tenantCreate } = await ask(server, { query: 'mutation($input: TenantCreateInput!) { tenantCreate(input: $input) { tenant { id } tokens { accessToken refreshToken } userErrors { message } } }', variables: { input } },
      // Founding is slowed by address.
      { 'x-forwarded-for': `10.${made.length >> 8}.${made.length & 255}.1` });
    made.push({ id: uuidOf(tenantCreate.tenant.id), tokens: tenantCreate.tokens, headers: bearer(tenantCreate.tokens) });
  }
  return made;
}
const bearer = ({ accessToken }) => ({ authorization: `Bearer ${accessToken}` });

/** The headers of a company's administrator when his token may have expired. */
export async function headers(server, company) {
  const input = { refreshToken: company.tokens.refreshToken };
  const { sessionRefresh } = await ask(server, { query: 'mutation($input: SessionRefreshInput!) { sessionRefresh(input: $input) { tokens { accessToken refreshToken } userErrors { message } } }', variables: { input } });
  company.tokens = sessionRefresh.tokens;
  return bearer(company.tokens);
}

/** Founds companies and fills them. */
export async function companies(database, server, sizes) {
  const made = await founded(server, sizes.map(({ accounts }, place) => `Company ${place} of ${accounts}`));
  // Else the day's work would meet those that were filled in time, and the risk of only these would be of other factors.
  await quiet(database, server);
  sizes.forEach(({ accounts, contacts = 3, touches = 10 }, place) => {
    const fill = () => database.sql(readFileSync(join(here, 'fill.sql'), 'utf8'), '-1', '-v', `tenant=${made[place].id}`, '-v', `accounts=${accounts}`, '-v', `contacts=${contacts}`, '-v', `touches=${touches}`);
    // The jobs of the server may just be at the same rows: then the database ends the one or the other.
    try { fill(); } catch { fill(); }
  });
  database.sql('VACUUM ANALYZE');
  await quiet(database, server);
  return made;
}

/** Waits until the server has reckoned what is there, for which it looks every ten seconds: for fifteen hardly any CPU is used. At most ten minutes. */
async function quiet(database, server) {
  const used = () => stat(server.pid).own + database.cpu();
  for (let tries = 0, calm = 0, before = used(); tries < 120 && calm < 3; tries++) {
    await new Promise((done) => setTimeout(done, 5_000));
    const now = used();
    calm = now - before < 0.25 ? calm + 1 : 0;
    before = now;
  }
}

/** A folder until the end of the measurement. */
export function folder() {
  folders.push(mkdtempSync(join(tmpdir(), 'hikitsugi-bench-')));
  return folders.at(-1);
}

// One server under one operation for some seconds.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import autocannon from 'autocannon';
import { CONNECTIONS, folder, megabytes, stat } from './lab.mjs';
import { fresh } from './operations.mjs';

export async function load(database, server, body, { seconds, accounts = [], connections = CONNECTIONS }) {
  const text = JSON.stringify(body);
  const [before, base] = [stat(server.pid).own, database.cpu()];
  const requests = [{ method: 'POST', headers: { 'content-type': 'application/json', ...server.headers }, body: text, setupRequest: (request) => ({ ...request, body: fresh(text, accounts) }) }];
  // Amid the load, not what is given back after it or was taken before.
  let memory = 0;
  const watch = setInterval(() => { memory = Math.max(memory, megabytes(server.pid)); }, 250);
  const done = await autocannon({ url: server.url, connections, duration: seconds, requests });
  clearInterval(watch);
  const count = done['2xx'];
  if (done.non2xx || done.errors) throw new Error(`${server.name}, ${text.slice(0, 80)}: ${done.non2xx} refused, ${done.errors} failed`);
  return { memory, perSecond: done.requests.average, p50: done.latency.p50, p99: done.latency.p99, server: (stat(server.pid).own - before) * 1000 / count, database: (database.cpu() - base) * 1000 / count };
}

/** The floor: the ideal statement, prepared, in a transaction of the tenant's. */
export function pgbench(database, tenant, statement, { seconds, accounts }) {
  const file = join(folder(), 'ideal.sql');
  writeFileSync(file, `\\set place random(1, ${accounts.length})\nBEGIN;\nSET LOCAL hikitsugi.tenant_id = '${tenant}';\n${statement}\nCOMMIT;\n`);
  const before = database.cpu();
  const command = `TIMEFORMAT='cpu %U %S'; time pgbench -n -M prepared -c ${CONNECTIONS} -j 2 -T ${seconds} -f ${file} '${database.url}'`;
  const out = execFileSync('bash', ['-c', `{ ${command}; } 2>&1`], { encoding: 'utf8' });
  const count = Number(out.match(/actually processed: (\d+)/)[1]), [, user, system] = out.match(/cpu ([\d.]+) ([\d.]+)/);
  return { perSecond: count / seconds, p50: NaN, p99: NaN, server: (Number(user) + Number(system)) * 1000 / count, database: (database.cpu() - before) * 1000 / count };
}

// usage: node fairness.mjs HIKITSUGI POSTGRES_EMPTY
// What one company's flood does to another: the other's p99 beside it to its p99 alone, in one run, without buckets of points
// and with those that the server has unless it is told otherwise.
import autocannon from 'autocannon';
import * as lab from './lab.mjs';
import { known, oursOf } from './operations.mjs';

const [binary, postgres] = process.argv.slice(2);
const seconds = lab.setting('SECONDS', 6), ROUNDS = lab.setting('ROUNDS', 3), FLOOD = lab.setting('FLOOD', 64);
const database = await lab.database(postgres);
const [open, guarded] = [await lab.hikitsugi(database, binary), await lab.hikitsugi(database, binary, true)];
const [quiet, loud] = await lab.companies(database, open, [{ accounts: 5000 }, { accounts: 5000 }]);

const send = (url, headers, body, more) => autocannon({ url, method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body), ...more });
for (const [name, server] of [['without buckets', open], ['with buckets', guarded]]) {
  const ours = await oursOf(await known(database, quiet.id, { ...open, headers: quiet.headers }), { ...open, headers: quiet.headers });
  // Twenty a second, over two connections: what its bucket holds, and what a team at work sends.
  const asks = () => send(server.url, quiet.headers, ours.a[0], { connections: 2, overallRate: 20, duration: seconds });
  const ratios = [], kept = [];
  for (let round = 0; round < ROUNDS; round++) {
    const alone = await asks();
    const flood = send(server.url, loud.headers, ours.b[0], { connections: FLOOD, duration: seconds + 2 });
    await new Promise((done) => setTimeout(done, 1000));
    const beside = await asks();
    const { '2xx': answered, non2xx } = await flood;
    ratios.push(beside.latency.p99 / Math.max(1, alone.latency.p99));
    kept.push(`alone ${alone.latency.p99} beside ${beside.latency.p99} (${beside.non2xx} refused); the flood: ${answered} answered, ${non2xx} refused`);
  }
  console.log(`${name}: p99 beside a flood of ${FLOOD} connections to p99 alone, median of ${ROUNDS}: ${lab.median(ratios).toFixed(1)}\n  ${kept.join('\n  ')}`);
}
process.exit(0);

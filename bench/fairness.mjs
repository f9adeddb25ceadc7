// usage: node fairness.mjs HIKITSUGI POSTGRES_EMPTY
// What one company's flood does to another: the other's p99 beside it to its p99 alone, in one run, without buckets of points
// and with those that the server has unless it is told otherwise.
import { writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import autocannon from 'autocannon';
import * as lab from './lab.mjs';
import { known, oursOf } from './operations.mjs';

const [binary, postgres] = process.argv.slice(2);
const seconds = lab.setting('SECONDS', 12), ROUNDS = lab.setting('ROUNDS', 5), FLOOD = lab.setting('FLOOD', 64);
// What a bucket holds, and what a team at work sends.
const A_SECOND = 20;
const database = await lab.database(postgres);
const [open, guarded] = [await lab.hikitsugi(database, binary), await lab.hikitsugi(database, binary, true)];
const [quiet, loud] = await lab.companies(database, open, [{ accounts: 5000 }, { accounts: 5000 }]);

const posting = (headers) => ({ method: 'POST', headers: { 'content-type': 'application/json', ...headers } });
/** Asks so many times a second, however long the answers take: milliseconds of each. */
async function asks(url, body) {
  const agent = new Agent({ keepAlive: true });
  const one = () => new Promise((done, fail) => {
    const sent = performance.now();
    const asked = request(url, { agent, ...posting(quiet.headers) }, (answer) => {
      if (answer.statusCode !== 200) fail(new Error(`the quiet company is answered ${answer.statusCode}`));
      answer.resume().on('end', () => done(performance.now() - sent));
    });
    asked.on('error', fail).end(JSON.stringify(body));
  });
  const all = [], begun = performance.now();
  for (let count = 0; count < seconds * A_SECOND; count++) {
    await sleep(Math.max(0, begun + (count * 1000) / A_SECOND - performance.now()));
    all.push(one());
  }
  const took = await Promise.all(all);
  agent.destroy();
  return took;
}
const p99 = (took) => took.sort((one, other) => one - other)[Math.floor(took.length * 0.99)];

const rows = [];
for (const [name, server] of [['without buckets', open], ['with buckets', guarded]]) {
  const ours = await oursOf(await known(database, quiet.id, { ...open, headers: quiet.headers }), { ...open, headers: quiet.headers });
  const alone = [], beside = [];
  let answered = 0, refused = 0;
  for (let round = 0; round < ROUNDS; round++) {
    alone.push(...await asks(server.url, ours.a[0]));
    // In a thread of its own, or the quiet company would wait for the client of the loud one.
    const flood = autocannon({ url: server.url, ...posting(loud.headers), body: JSON.stringify(ours.b[0]), connections: FLOOD, duration: seconds + 2, workers: 1 });
    await sleep(1000);
    beside.push(...await asks(server.url, ours.a[0]));
    const { '2xx': ok, non2xx } = await flood;
    [answered, refused] = [answered + ok, refused + non2xx];
  }
  rows.push(`| ${name} | ${(p99(beside) / p99(alone)).toFixed(1)} | ${alone.length} | ${answered} | ${refused} |`);
  console.log(`${rows.at(-1)} alone ${p99(alone).toFixed(1)} ms, beside ${p99(beside).toFixed(1)} ms`);
}
writeFileSync(join(lab.here, 'FAIRNESS.md'), `# Fairness

${database.machine()}; last written by \`bench/fairness\`.

One company asks for one account ${A_SECOND} times a second; another keeps ${FLOOD} connections busy with pages of fifty accounts with their relations.

| | p99 of the one beside the other, to its p99 alone | its requests | of the other answered | refused |
| --- | ---: | ---: | ---: | ---: |
${rows.join('\n')}
`);
process.exit(0);

// usage: node fairness.mjs HIKITSUGI POSTGRES_EMPTY
// What one company's flood does to another: the other's p99 beside it to its p99 alone, in one run, without buckets of points
// and with those that the server has unless it is told otherwise.
import { writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import autocannon from 'autocannon';
import * as lab from './lab.mjs';
import { fresh, known, oursOf } from './operations.mjs';

const [binary, postgres] = process.argv.slice(2);
const seconds = lab.setting('SECONDS', 12), ROUNDS = lab.setting('ROUNDS', 5), FLOOD = lab.setting('FLOOD', 64);
// What a bucket holds, and what a team at work sends.
const A_SECOND = 20;
/** Accounts of each company in SQLite, made one by one. */
const FEW = 100;

/** What a company asks for. */
async function asked(company, server, database) {
  const own = { ...server, headers: company.headers }, k = database.sql ? await known(database, company.id, own) : await made(own);
  return { headers: company.headers, accounts: k.ids, ...await oursOf(k, own) };
}
/** Accounts with their contacts, through the API. */
async function made(server) {
  const make = async (noun, input) => {
    const field = `${noun}Create`, type = `${noun[0].toUpperCase()}${noun.slice(1)}CreateInput`;
    const data = await lab.ask(server, { query: `mutation($input: ${type}!) { ${field}(input: $input) { ${noun} { id } userErrors { message } } }`, variables: { input } });
    return data[field][noun].id;
  };
  const ids = [];
  for (let count = 0; count < FEW; count++) {
    const accountId = await make('account', { name: `Account ${count}` });
    for (const familyName of ['Tanaka', 'Suzuki', 'Sato']) await make('contact', { accountId, familyName, givenName: 'Hanako' });
    ids.push(accountId);
  }
  return { first: ids[0], ids, count: FEW };
}

/** An error when an answer is not what was asked for. */
function check(status, text) {
  const { data, errors } = status === 200 ? JSON.parse(text) : {}, told = Object.values(data ?? {})[0];
  if (errors || !told || told.userErrors?.length) throw new Error(`a company is answered ${status}: ${text}`);
}
/** What is asked for is done: of a flood it is only known that it is answered. */
async function isServed(url, { headers, accounts }, text) {
  const answer = await fetch(url, { ...posting(headers), body: fresh(text, accounts) });
  check(answer.status, await answer.text());
}
const posting = (headers) => ({ method: 'POST', headers: { 'content-type': 'application/json', ...headers } });
/** Asks so many times a second, however long the answers take: milliseconds of each. */
async function asks(url, { headers, accounts }, text) {
  const agent = new Agent({ keepAlive: true });
  const one = () => new Promise((done, fail) => {
    const sent = performance.now();
    const asked = request(url, { agent, ...posting(headers) }, (answer) => {
      let told = '';
      answer.on('data', (chunk) => { told += chunk; }).on('end', () => {
        const took = performance.now() - sent;
        try { check(answer.statusCode, told); done(took); } catch (error) { fail(error); }
      });
    });
    asked.on('error', fail).end(fresh(text, accounts));
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
async function measure(name, server, [quiet, loud], operation, flooded) {
  const text = JSON.stringify(quiet[operation][0]), flood = JSON.stringify(loud[flooded][0]);
  await isServed(server.url, loud, flood);
  const alone = [], beside = [];
  let answered = 0, refused = 0;
  for (let round = 0; round < ROUNDS; round++) {
    alone.push(...await asks(server.url, quiet, text));
    // In a thread of its own, or the quiet company would wait for the client of the loud one.
    const requests = loud.accounts.slice(0, 100).map((account) => ({ ...posting(loud.headers), body: fresh(flood, [account]) }));
    const flooding = autocannon({ url: server.url, requests, connections: FLOOD, duration: seconds + 2, workers: 1 });
    await sleep(1000);
    beside.push(...await asks(server.url, quiet, text));
    const { '2xx': ok, non2xx } = await flooding;
    [answered, refused] = [answered + ok, refused + non2xx];
  }
  rows.push(`| ${name} | ${(p99(beside) / p99(alone)).toFixed(1)} | ${alone.length} | ${answered} | ${refused} |`);
  console.log(`${rows.at(-1)} alone ${p99(alone).toFixed(1)} ms, beside ${p99(beside).toFixed(1)} ms`);
}

const database = await lab.database(postgres);
for (const [name, where] of [['PostgreSQL', database], ['SQLite', lab.file(binary)]]) {
  const open = await lab.hikitsugi(where, binary);
  const companies = where.sql ? await lab.companies(where, open, [{ accounts: 5000 }, { accounts: 5000 }]) : await lab.founded(open, ['Quiet', 'Loud']);
  const both = [];
  for (const company of companies) both.push(await asked(company, open, where));
  open.child.kill();
  // The most touches last: what follows from them keeps the server busy for a while.
  for (const [what, quiet, loud, isGuarded] of [['reads', 'a', 'b', false], ['reads', 'a', 'b', true], ['touches recorded', 'c', 'c', true], ['touches recorded', 'c', 'c', false]]) {
    const server = await lab.hikitsugi(where, binary, isGuarded);
    await measure(`${name}, ${what}${isGuarded ? ', with buckets' : ''}`, server, both, quiet, loud);
    server.child.kill();
  }
}
writeFileSync(join(lab.here, 'FAIRNESS.md'), `# Fairness

${database.machine()}; last written by \`bench/fairness\`.

One company asks for one account, or records a touch, ${A_SECOND} times a second; another keeps ${FLOOD} connections busy with pages of
fifty accounts with their relations, or with touches. Each has 5,000 accounts in PostgreSQL, ${FEW} in SQLite.

| | p99 of the one beside the other, to its p99 alone | its requests | of the other answered | refused |
| --- | ---: | ---: | ---: | ---: |
${rows.join('\n')}
`);
process.exit(0);

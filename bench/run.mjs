// usage: node run.mjs HIKITSUGI POSTGRES_EMPTY     (bench/peers calls it)
// Fills one database, checks that everybody answers the same, and measures them in turns: see README.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as directus from './directus.mjs';
import * as lab from './lab.mjs';
import { load, pgbench } from './load.mjs';
import { idealImport, importers, importing } from './importing.mjs';
import { TITLES, directusOf, fresh, idealOf, known, mercuriusOf, oursOf, postgraphileOf } from './operations.mjs';

const [binary, postgres] = process.argv.slice(2);
const TENANTS = lab.setting('TENANTS', 20), ACCOUNTS = lab.setting('ACCOUNTS', 5000), NAMES = lab.setting('NAMES', 100_000);
const seconds = lab.setting('SECONDS', 5), ROUNDS = lab.setting('ROUNDS', 3);
const node = join(lab.here, 'node_modules/node/bin/node'); // PostGraphile wants a newer one than many machines have

const database = await lab.database(postgres);
const hikitsugi = await lab.hikitsugi(database, binary);
// One company has many names to search among, and one takes orders, which change whose risk is greatest.
const [first, ...others] = await lab.companies(database, hikitsugi, [...Array(TENANTS).fill({ accounts: ACCOUNTS }), { accounts: NAMES, contacts: 1, touches: 1 }, { accounts: 1000 }]);
const [large, busy] = others.slice(-2);
const peers = [hikitsugi, await lab.serve('PostGraphile', database, node, ['postgraphile.mjs'], () => ({})), await lab.serve('Mercurius', database, node, ['mercurius.mjs'], () => ({}))];
if (directus.isInstalled()) peers.push(await directus.directus(database, node));

/** Each as somebody of this company. */
const as = ({ id, headers }) => peers.map((peer) => ({ ...peer, headers: { Hikitsugi: headers, Directus: directus.headers }[peer.name] ?? { 'x-tenant': id } }));
async function asked(company) {
  const [ours, postgraphile, mercurius, fourth] = as(company);
  const k = await known(database, company.id, ours);
  return { k, by: [[ours, await oursOf(k, ours), k.ids], [postgraphile, await postgraphileOf(k, postgraphile), k.uuids], [mercurius, mercuriusOf(k), k.uuids], ...(fourth ? [[fourth, directusOf(k), k.uuids]] : [])] };
}
// What the floor writes would otherwise be reckoned with by whoever reckons.
const small = await asked(first), names = await asked(large), taking = await asked(busy), floor = await asked(others[0]);
const of = (operation) => ({ f: names, g: taking })[operation] ?? small;

for (const operation of Object.keys(TITLES)) {
  const answers = [];
  for (const [server, operations, accounts] of of(operation).by) {
    if (!operations[operation]) continue;
    const [body, pick] = operations[operation];
    answers.push(JSON.stringify(pick(await lab.ask(server, JSON.parse(fresh(JSON.stringify(body), accounts))))));
  }
  if (answers.some((answer) => answer !== answers[0])) throw new Error(`They do not agree on ${TITLES[operation]}:\n${answers.join('\n')}`);
}

// --- in turns

const measured = {}, ideal = { ...idealOf(small.k), g: idealImport(floor.k) }, taken = importers(taking.k);
for (let round = -1; round < ROUNDS; round++) for (const operation of Object.keys(TITLES)) {
  const keep = (name, result) => { if (round >= 0) ((measured[operation] ??= {})[name] ??= []).push(result); };
  for (const [server, operations, accounts] of of(operation).by) {
    if (operation === 'g' && taken[server.name]) keep(server.name, await importing(database, server, taken[server.name]));
    if (operations[operation]) keep(server.name, await load(database, server, operations[operation][0], { seconds, accounts }));
  }
  if (ideal[operation]) keep('pgbench', pgbench(database, (operation === 'g' ? others[0] : first).id, ideal[operation], { seconds, accounts: small.k.uuids }));
}

// --- the table

const lines = [];
for (const [operation, by] of Object.entries(measured)) {
  const title = TITLES[operation];
  lines.push(`### (${operation}) ${title[0].toUpperCase()}${title.slice(1)}`, '', '| | requests/s | p50 ms | p99 ms | CPU ms a request: server | + PostgreSQL | CPU of Hikitsugi to it |', '| --- | --- | --- | --- | --- | --- | --- |');
  const value = (name, key) => lab.median(by[name].map((one) => one[key]));
  const total = (name) => value(name, 'server') + value(name, 'database');
  for (const name of Object.keys(by)) {
    const cell = (key, digits) => (Number.isNaN(value(name, key)) ? '' : value(name, key).toFixed(digits));
    lines.push(`| ${name} | ${cell('perSecond', 0)} | ${cell('p50', 0)} | ${cell('p99', 0)} | ${cell('server', 2)} | ${cell('database', 2)} | ${name === 'Hikitsugi' ? '' : (total('Hikitsugi') / total(name)).toFixed(2)} |`);
  }
  lines.push('');
}
const memory = (name) => Math.max(...Object.values(measured).flatMap((by) => (by[name] ?? []).map((one) => one.memory)));
lines.push(`Most memory under load: ${peers.map(({ name }) => `${name} ${memory(name).toFixed(0)} MB`).join(', ')}.`);
const installed = ['package.json', ...(directus.isInstalled() ? ['directus/package.json'] : [])];
const versions = installed.flatMap((file) => Object.entries(JSON.parse(readFileSync(join(lab.here, file), 'utf8')).dependencies)).map(([name, version]) => `${name} ${version}`);
const head = [
  '# The last comparison', '', 'Made by `bench/peers`; what is compared and how is in [README.md](README.md). Compare the ratios; times are those of one noisy machine.', '',
  `${database.machine()}, ${versions.join(', ')}.`,
  `${TENANTS} companies of ${ACCOUNTS} accounts and one of ${NAMES}, ${lab.CONNECTIONS} connections, medians of ${ROUNDS} rounds of ${seconds} s each, in turns.`, '',
];
console.log(lines.join('\n'));
writeFileSync(join(lab.here, 'RESULTS.md'), [...head, ...lines, ''].join('\n'));
process.exit(0);

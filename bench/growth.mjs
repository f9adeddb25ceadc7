// usage: node growth.mjs HIKITSUGI POSTGRES_EMPTY     (bench/growth calls it)
// How the cost of an operation grows with the accounts of its company, and with the number of companies: CPU of server and
// PostgreSQL together. Draws growth.svg and keeps the numbers in GROWTH.md.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as lab from './lab.mjs';
import { load } from './load.mjs';
import { TITLES, known, oursOf } from './operations.mjs';

const [binary, postgres] = process.argv.slice(2);
const sizes = (process.env.BENCH_SIZES ?? '10000,100000,1000000').split(',').map(Number);
const counts = (process.env.BENCH_COUNTS ?? '10,100,1000').split(',').map(Number);
const seconds = lab.setting('SECONDS', 4), ROUNDS = lab.setting('ROUNDS', 3);
const OPERATIONS = ['a', 'b', 'c', 'd', 'e', 'f', 'h'];

/** Total CPU of each operation for each of these companies, medians, measured in turns. */
async function costs(database, server, made) {
  const asked = [];
  for (const company of made) {
    const one = { ...server, headers: await lab.headers(server, company) };
    const k = await known(database, company.id, one);
    asked.push({ one, k, operations: await oursOf(k, one), found: {} });
  }
  for (let round = -1; round < ROUNDS; round++) for (const operation of OPERATIONS) for (const { one, k, operations, found } of asked) {
    const { server, database: db } = await load(database, one, operations[operation][0], { seconds: round < 0 ? 1 : seconds, accounts: k.ids });
    if (round >= 0) (found[operation] ??= []).push(server + db);
  }
  const medians = asked.map(({ found }) => Object.fromEntries(OPERATIONS.map((operation) => [operation, lab.median(found[operation])])));
  console.error(made.length, 'companies asked:', JSON.stringify(medians));
  return medians;
}

const database = await lab.database(postgres);
const server = await lab.hikitsugi(database, binary);
const small = { accounts: 200, contacts: 1, touches: 2 };

// One company more and more; the same one is asked.
const byCount = [];
let companies = [];
for (const count of counts) {
  companies = [...companies, ...await lab.companies(database, server, Array(count - companies.length).fill(small))];
  byCount.push(...await costs(database, server, [companies[0]]));
}
// Writers of one company wait for each other and go together; those of several do neither.
const writers = [];
for (const [connections, among] of [[1, 1], [4, 1], [16, 1], [16, 16]]) {
  const asking = [];
  for (const company of companies.slice(0, among)) {
    const one = { ...server, headers: await lab.headers(server, company) };
    const k = await known(database, company.id, one);
    asking.push({ one, k, body: (await oursOf(k, one)).c[0] });
  }
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) {
    const done = await Promise.all(asking.map(({ one, k, body }) => load(database, one, body, { seconds, accounts: k.ids, connections: connections / among })));
    rounds.push(done.reduce((sum, { perSecond }) => sum + perSecond, 0));
  }
  writers.push([connections, among, lab.median(rounds)]);
}

const large = await lab.companies(database, server, sizes.map((accounts) => ({ ...small, accounts })));
const bySize = await costs(database, server, large);

// --- what is kept

const table = (heads, rows) => [
  `| operation | ${heads.join(' | ')} | last to first |`, `| --- |${heads.map(() => ' --- |').join('')} --- |`,
  ...OPERATIONS.map((operation) => `| (${operation}) ${TITLES[operation]} | ${rows.map((row) => row[operation].toFixed(2)).join(' | ')} | ${(rows.at(-1)[operation] / rows[0][operation]).toFixed(2)} |`),
];
const plain = (count) => count.toLocaleString('en');
const text = [
  '# How cost grows', '', 'Made by `bench/growth`. CPU ms a request of server and PostgreSQL together; compare along a row.', '', `${database.machine()}.`, '',
  `## With the accounts of the company`, '', 'In one database; each account with one contact and two activities.', '', ...table(sizes.map((size) => `${plain(size)} accounts`), bySize), '',
  `## With the number of companies`, '', 'Of 200 accounts each; the first one is asked.', '', ...table(counts.map((count) => `${plain(count)} companies`), byCount), '',
  '## With the writers', '', 'Activities recorded a second, to one writer alone. The event log of a company has no gaps and the order of commits, so its writers wait for each other; what is recorded at the same moment goes in one transaction.', '',
  '| writers | companies | to one writer |', '| --- | --- | --- |', ...writers.map(([connections, among, rate]) => `| ${connections} | ${among} | ${(rate / writers[0][2]).toFixed(2)} |`), '',
];
writeFileSync(join(lab.here, 'GROWTH.md'), text.join('\n'));
console.log(text.join('\n'));

const COLOURS = ['#1b6ca8', '#c2571a', '#3f7d3a', '#8a3ffc', '#b3123f', '#5b6770', '#9a7b00'];
function chart(title, heads, rows, x) {
  const width = 300, height = 220, most = Math.max(1.5, ...OPERATIONS.flatMap((operation) => rows.map((row) => row[operation] / rows[0][operation])));
  const at = (place, ratio) => [x + (place * width) / Math.max(1, heads.length - 1), 260 - (ratio / most) * height];
  const line = (ratio, style) => `<line x1="${x}" x2="${x + width}" y1="${at(0, ratio)[1]}" y2="${at(0, ratio)[1]}" ${style}/>`;
  const lines = OPERATIONS.map((operation, n) => {
    const points = rows.map((row, place) => at(place, row[operation] / rows[0][operation]).map((value) => value.toFixed(1)).join(','));
    return `<polyline fill="none" stroke="${COLOURS[n]}" stroke-width="2" points="${points.join(' ')}"/>`;
  });
  const labels = heads.map((head, place) => `<text x="${at(place, 0)[0]}" y="280" text-anchor="middle">${plain(head)}</text>`);
  const bound = `${line(1.3, 'stroke="#999" stroke-dasharray="4 4"')}<text x="${x + width + 4}" y="${at(0, 1.3)[1] + 4}">1.3</text>`;
  return [`<text x="${x}" y="24" font-weight="bold">${title}</text>`, line(0, 'stroke="#333"'), bound, ...lines, ...labels].join('\n');
}
const legend = OPERATIONS.map((operation, n) => `<text x="${40 + n * 60}" y="316" fill="${COLOURS[n]}">(${operation})</text>`);
writeFileSync(join(lab.here, 'growth.svg'), `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 780 330" font-family="sans-serif" font-size="12">
<rect width="780" height="330" fill="#fff"/>
${chart('CPU to the smallest, by accounts of the company', sizes, bySize, 40)}
${chart('CPU to the fewest, by number of companies', counts, byCount, 430)}
${legend.join('\n')}
</svg>
`);
process.exit(0);

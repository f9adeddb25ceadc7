// (g): a thousand orders of forty clients, as each server takes many rows.
import { ask, stat, megabytes } from './lab.mjs';

const ORDERS = 1000, AT_A_TIME = 100;
const pause = (millis) => new Promise((done) => setTimeout(done, millis));

/** A file, uploaded and imported. */
async function ours(server) {
  const run = crypto.randomUUID().slice(0, 8);
  const rows = Array.from({ length: ORDERS }, (_, n) => `C${n % 40},${run}-${n},2026-0${1 + (n % 9)}-10 10:00:00,${1000 + n}`);
  const file = ['customer_id,invoice_no,ts,amount', ...rows, ''].join('\n');
  const { uploadId } = await (await fetch(`${server.base}/uploads?name=orders.csv`, { method: 'POST', headers: server.headers, body: file })).json();
  const { importStart } = await ask(server, { query: 'mutation($input: ImportStartInput!) { importStart(input: $input) { import { id } userErrors { message } } }', variables: { input: { uploadId, kind: 'ORDERS' } } });
  for (;;) {
    const found = await ask(server, { query: 'query($id: ID!) { import(id: $id) { status createdRows finishedAt } }', variables: { id: importStart.import.id } });
    if (found.import.finishedAt) return found.import.createdRows;
    await pause(50);
  }
}

/** A hundred mutations a request, in a document that stays the same. */
async function postgraphile(k, server) {
  const places = Array.from({ length: AT_A_TIME }, (_, n) => n);
  const query = `mutation(${places.map((n) => `$o${n}: SalesOrderInput!`)}) { ${places.map((n) => `c${n}: createSalesOrder(input: { salesOrder: $o${n} }) { salesOrder { rowId } }`).join(' ')} }`;
  const at = new Date().toISOString();
  let made = 0;
  for (let batch = 0; batch < ORDERS / AT_A_TIME; batch++) {
    const variables = Object.fromEntries(places.map((n) => [`o${n}`, { tenantId: k.tenant, rowId: crypto.randomUUID(), accountId: k.uuids[n % 40], externalId: crypto.randomUUID(), orderedAt: at, recordedAt: at,
      amountMinor: '1000', currency: 'JPY', tenantAmountMinor: '1000', tenantCurrency: 'JPY', rate: '1', version: '1', createdAt: at, updatedAt: at }]));
    made += Object.values(await ask(server, { query, variables })).filter((one) => one.salesOrder.rowId).length;
  }
  return made;
}

/** The floor: one statement. */
export const idealImport = (k) => `INSERT INTO sales_order (tenant_id, id, account_id, external_id, ordered_at, recorded_at, amount_minor, currency, tenant_amount_minor, tenant_currency, rate, version, created_at, updated_at) SELECT '${k.tenant}', gen_random_uuid(), ('{${k.uuids.slice(0, 40).join(',')}}'::uuid[])[1 + n % 40], gen_random_uuid()::text, now(), now(), 1000, 'JPY', 1000, 'JPY', '1', 1, now(), now() FROM generate_series(1, ${ORDERS}) n;`;

/** How each takes them: how many orders it made. */
export const importers = (k) => ({ Hikitsugi: ours, PostGraphile: (server) => postgraphile(k, server) });

/** One import, with the work that it leaves behind: until the server rests. */
export async function importing(database, server, work) {
  const used = () => stat(server.pid).own + database.cpu();
  const [before, base, begun] = [stat(server.pid).own, database.cpu(), performance.now()];
  const made = await work(server);
  if (made !== ORDERS) throw new Error(`${server.name} made ${made} orders`);
  const took = performance.now() - begun, memory = megabytes(server.pid);
  for (let last = -1; used() - last > 0.03; await pause(500)) last = used();
  return { memory, perSecond: 1000 / took, p50: took, p99: took, server: (stat(server.pid).own - before) * 1000, database: (database.cpu() - base) * 1000 };
}

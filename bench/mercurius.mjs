// Mercurius with JIT and pg: resolvers written by hand, a DataLoader for each relation. The tenant comes in a header.
import Fastify from 'fastify';
import mercurius from 'mercurius';
import DataLoader from 'dataloader';
import pg from 'pg';

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 16 });
// As PostgreSQL has them: instants and numbers of 64 bits are text.
for (const type of [1184, 20]) pg.types.setTypeParser(type, (text) => text);

const names = new Map();

const schema = `
  type Query { account(id: ID!): Account accounts(first: Int!): [Account!]! }
  type Mutation { activityRecord(accountId: ID!, memberId: ID!, occurredAt: String!, summary: String!): Activity! }
  type Account { id: ID! name: String! country: String industry: String lifecycle: String! version: Int! owner: Member!
    contacts: [Contact!]! lastActivity: Activity }
  type Member { id: ID! familyName: String! }
  type Contact { id: ID! familyName: String! }
  type Activity { id: ID! occurredAt: String! summary: String! account: Account! }
`;
const ACCOUNT = 'id, name, country, industry, lifecycle, version, owner_id';

/** One transaction a request, begun when it is first needed. */
class Request {
  constructor(tenant) {
    this.tenant = tenant;
    const many = (sql, pick) => new DataLoader(async (ids) => {
      const rows = (await this.query(sql, [ids])).rows;
      return pick(ids, rows);
    });
    const one = (key) => (ids, rows) => { const by = new Map(rows.map((row) => [row[key], row])); return ids.map((id) => by.get(id)); };
    this.members = many('SELECT id, family_name AS "familyName" FROM member WHERE id = ANY($1)', one('id'));
    this.contacts = many('SELECT id, account_id, family_name AS "familyName" FROM contact WHERE account_id = ANY($1) AND archived_at IS NULL ORDER BY account_id, sort_key, id',
      (ids, rows) => { const by = new Map(ids.map((id) => [id, []])); for (const row of rows) by.get(row.account_id).push(row); return ids.map((id) => by.get(id)); });
    this.last = many('SELECT DISTINCT ON (account_id) id, account_id, occurred_at AS "occurredAt", summary FROM activity WHERE account_id = ANY($1) AND archived_at IS NULL ORDER BY account_id, occurred_at DESC, id DESC', one('account_id'));
  }

  async query(text, values) {
    this.client ??= pool.connect().then(async (client) => { await client.query(`BEGIN; SET LOCAL hikitsugi.tenant_id = '${this.tenant}'`); return client; });
    // Prepared once a connection, under a short name.
    if (!names.has(text)) names.set(text, `s${names.size}`);
    return (await this.client).query({ name: names.get(text), text, values });
  }

  async end() {
    if (!this.client) return;
    const client = await this.client;
    await client.query('COMMIT');
    client.release();
  }
}

const resolvers = {
  Query: {
    account: async (_, { id }, { r }) => (await r.query(`SELECT ${ACCOUNT} FROM account WHERE id = $1`, [id])).rows[0],
    accounts: async (_, { first }, { r }) => (await r.query(`SELECT ${ACCOUNT} FROM account WHERE archived_at IS NULL ORDER BY risk_sort DESC, id DESC LIMIT $1`, [first])).rows,
  },
  Mutation: {
    activityRecord: async (_, a, { r }) => (await r.query(`INSERT INTO activity (tenant_id, id, account_id, kind, member_id, started_by, two_way, occurred_at, recorded_at, summary, version, created_at)
      VALUES ($1, gen_random_uuid(), $2, 'CALL', $3, 'US', true, $4, now(), $5, 1, now()) RETURNING id, account_id, occurred_at AS "occurredAt", summary`,
      [r.tenant, a.accountId, a.memberId, a.occurredAt, a.summary])).rows[0],
  },
  Account: {
    owner: (account, _, { r }) => r.members.load(account.owner_id),
    contacts: (account, _, { r }) => r.contacts.load(account.id),
    lastActivity: (account, _, { r }) => r.last.load(account.id),
  },
  Activity: { account: async (activity, _, { r }) => (await r.query(`SELECT ${ACCOUNT} FROM account WHERE id = $1`, [activity.account_id])).rows[0] },
};

const app = Fastify();
app.register(mercurius, { schema, resolvers, jit: 1, context: (request) => ({ r: new Request(request.headers['x-tenant']) }) });
await app.ready();
app.graphql.addHook('onResolution', (_, context) => context.r.end());
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' });

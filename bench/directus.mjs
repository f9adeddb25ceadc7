// Directus over a copy of the rows, in a schema of its own.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as lab from './lab.mjs';

const folder = join(lab.here, 'directus'), cli = join(folder, 'node_modules/directus/cli.js');
const TOKEN = 'a-token-of-the-comparison';

/** `bench/peers` installs it unless it is told not to. */
export const isInstalled = () => lab.setting('DIRECTUS', 1) > 0 && existsSync(cli);

/** It asks as its administrator, to whom it applies no rules: it is told the company in each question. */
export const headers = { authorization: `Bearer ${TOKEN}` };

export async function directus(database, node) {
  const at = new URL(database.superuser);
  const env = {
    DB_CLIENT: 'pg', DB_HOST: at.hostname, DB_PORT: at.port, DB_DATABASE: at.pathname.slice(1), DB_USER: at.username, DB_PASSWORD: at.password,
    DB_SEARCH_PATH: 'array:directus', DB_POOL__MIN: '0', DB_POOL__MAX: String(lab.CONNECTIONS),
    KEY: 'comparison', SECRET: 'a secret of the comparison, long enough', ADMIN_EMAIL: 'admin@example.com', ADMIN_PASSWORD: 'a long pass phrase for peers', ADMIN_TOKEN: TOKEN,
    HOST: '127.0.0.1', TELEMETRY: 'false', LOG_LEVEL: 'error', WEBSOCKETS_ENABLED: 'false',
  };
  database.sql('CREATE SCHEMA directus');
  execFileSync(node, [cli, 'bootstrap'], { cwd: folder, env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'inherit'] });
  database.sql(readFileSync(join(folder, 'prepare.sql'), 'utf8'), '-1');
  return lab.serve('Directus', database, node, [cli, 'start'], () => env);
}

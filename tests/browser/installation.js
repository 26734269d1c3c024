// An installation that nobody has set up: `punchgate users add` and `punchgate serve` over an empty database.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { promisify } from 'node:util';

import { BINARY } from './demo.js';

const START_MS = 60_000;

/** Starts it; resolves to its origin, the link of the first account, and how to stop it. */
export async function startInstallation(name) {
  const data = await mkdtemp(path.join(tmpdir(), 'punchgate-new-'));
  const config = path.join(data, 'punchgate.toml');
  const origin = `http://127.0.0.1:${await freePort()}`;
  const key = (await promisify(execFile)(BINARY, ['keys', 'new'])).stdout.trim().split('\n').pop();
  await writeFile(config, `
[server]
listen = "${origin.slice('http://'.length)}"
public_url = "${origin}"
[database]
url = "sqlite:${data}/punchgate.db"
[console]
networks = ["127.0.0.0/8"]
plain_http = true
`);
  const env = { ...process.env, PUNCHGATE_KEY_VALUE: key };
  const added = await promisify(execFile)(BINARY, ['--config', config, 'users', 'add', name, '--by', 'test'], { env });
  const link = added.stdout.trim();
  const child = spawn(BINARY, ['--config', config, 'serve'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'close');
  const log = [];
  for (const stream of [child.stdout, child.stderr]) {
    readline.createInterface({ input: stream }).on('line', (line) => log.push(line) > 500 && log.shift());
  }
  async function stop() {
    child.kill('SIGTERM');
    await ended;
    await rm(data, { recursive: true, force: true });
  }
  const until = Date.now() + START_MS;
  while (!(await answers(`${origin}/readyz`))) {
    if (child.exitCode !== null || Date.now() > until) {
      await stop();
      throw new Error(`punchgate serve did not start\n${log.join('\n')}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { origin, link, log, stop };
}

async function answers(url) {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

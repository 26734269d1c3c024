// A running `punchgate demo` for a worker's tests: own ports, own data folder, gone when the worker ends.
// It owns the process only; what the pages show is the specs' business.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { fileURLToPath } from 'node:url';

import AxeBuilder from '@axe-core/playwright';
import { test as base, expect } from '@playwright/test';

/** The program under test. */
export const BINARY = process.env.PUNCHGATE_BINARY ?? fileURLToPath(new URL('../../target/debug/punchgate', import.meta.url));
const START_MS = 60_000;
const ORIGINS = ['suite', 'gateway', 'shop', 'erp'];

/** Reads the one line of JSON that says where the four systems answer. */
export function parseOrigins(line) {
  const origins = JSON.parse(line);
  for (const name of ORIGINS) {
    if (!/^http:\/\/[^/]+:\d+$/.test(origins[name] ?? '')) {
      throw new Error(`punchgate demo --json: no origin \`${name}\` in ${line}`);
    }
  }
  return origins;
}

/** Starts a demo; resolves to its origins, its data folder and how to stop it. */
export async function startDemo({ command = BINARY, before = [], args = [] } = {}) {
  const data = await mkdtemp(path.join(tmpdir(), 'punchgate-demo-'));
  const child = spawn(command, [...before, 'demo', '--port', '0', '--data', data, '--fresh', '--json', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = [];
  const remember = (line) => log.push(line) > 200 && log.shift();
  readline.createInterface({ input: child.stderr }).on('line', remember);
  const ended = new Promise((resolve) => child.once('close', resolve));

  async function stop() {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await ended;
    clearTimeout(timer);
    await rm(data, { recursive: true, force: true });
  }

  try {
    const line = await new Promise((resolve, reject) => {
      const fail = (why) => reject(new Error(`${command} demo ${why}\n${log.join('\n')}`));
      const timer = setTimeout(() => fail(`named no origins within ${START_MS / 1000} s`), START_MS);
      child.once('error', (error) => fail(`did not start: ${error.message}`));
      child.once('close', (code) => fail(`ended with ${code} before it named its origins`));
      readline.createInterface({ input: child.stdout }).on('line', (text) => {
        remember(text);
        if (text.startsWith('{')) {
          clearTimeout(timer);
          resolve(text);
        }
      });
    });
    return { origins: parseOrigins(line), data, log, stop };
  } catch (error) {
    if (child.pid !== undefined) await stop();
    throw error;
  }
}

/**
 * `origins`: the four systems of a demo shared by the worker's tests.
 * `freshDemo`: a demo of this test alone, for what changes holds, limits or stock.
 * `expectAccessible(page)`: fails on any violation that axe finds.
 */
export const test = base.extend({
  demo: [
    async ({}, use) => {
      const demo = await startDemo();
      await use(demo);
      await demo.stop();
    },
    { scope: 'worker', timeout: START_MS + 10_000 },
  ],
  origins: async ({ demo }, use, testInfo) => {
    await use(demo.origins);
    if (testInfo.status !== testInfo.expectedStatus) {
      await testInfo.attach('demo.log', { body: demo.log.join('\n'), contentType: 'text/plain' });
    }
  },
  freshDemo: async ({}, use) => {
    const demo = await startDemo();
    await use(demo);
    await demo.stop();
  },
  expectAccessible: async ({}, use) => {
    await use(async (page) => {
      const { violations } = await new AxeBuilder({ page }).analyze();
      const found = violations.map(({ id, help, nodes }) => `${id}: ${help} (${nodes.map((n) => n.target.join(' ')).join(', ')})`);
      expect(found, `axe on ${page.url()}`).toEqual([]);
    });
  },
});

export { expect };

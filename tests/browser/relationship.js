// A trading relationship of a test's own, provisioned beside the demo's by `punchgate apply`, and the buyer's side of
// it: the setup request, and a web server that cannot be told from a procurement system's return page.
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { promisify } from 'node:util';

import { expect } from '@playwright/test';

import { BINARY } from './demo.js';

const SECRET = 'browser-test-secret-thistle-77';

/**
 * Agrees a relationship with the demo's supplier; `settings` are lines of TOML. It uses the demo's shop, has no sink for
 * orders, and is known to the running gateway as soon as that looks again.
 */
export async function agree(demo, id, settings) {
  await provision(demo, id, `
[[supplier.relationship]]
id = "${id}"
name = "A browser test's ${id}"
buyer = "Driftwood Robotics"
protocol = "cxml"
dialect = "generic"
mode = "production"
storefront = "shop"
order_sink = "none"
customer = "C-1002"
buyer_identities = [{ domain = "PrivateID", identity = "${id}" }]
supplier_identities = [{ domain = "PrivateID", identity = "ironquay" }]
${settings}

[supplier.relationship.secrets]
current = { env = "RELATIONSHIP_SECRET" }
`, { RELATIONSHIP_SECRET: SECRET });
}

/** Applies what is declared of the demo's supplier, beside the running gateway; `secrets` are variables. */
export async function provision(demo, id, declared, secrets) {
  const file = path.join(demo.data, `${id}.toml`);
  const config = path.join(demo.data, 'apply-config.toml');
  await writeFile(config, `[database]\nurl = "sqlite:${demo.data}/punchgate.db"\n[key]\nfile = "${demo.data}/punchgate.key"\n`);
  await writeFile(file, `
[[supplier]]
id = "ironquay"
name = "Ironquay Industrial Supply"
time_zone = "America/New_York"
contact = "Trading desk, desk@ironquay.example"
${declared}`);
  const env = { ...process.env, ...secrets };
  await promisify(execFile)(BINARY, ['--config', config, 'apply', file], { env });
}

/** Opens a session as the buyer of such a relationship; resolves to its start page's address. */
export async function openSession(demo, id, returnUrl) {
  let answer = '';
  await expect.poll(async () => {
    const response = await fetch(`${demo.origins.gateway}/cxml/ironquay.${id}`, {
      method: 'POST',
      headers: { 'content-type': 'text/xml; charset=utf-8' },
      body: setupRequest(id, returnUrl),
    });
    answer = await response.text();
    return answer;
  }, { message: 'the gateway knows the new relationship' }).toContain('<Status code="200"');
  const [, url] = /<StartPage>\s*<URL>([^<]+)<\/URL>/.exec(answer);
  return url.replaceAll('&amp;', '&');
}

function setupRequest(id, returnUrl) {
  const credential = (identity, rest = '') =>
    `<Credential domain="PrivateID"><Identity>${identity}</Identity>${rest}</Credential>`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<cXML payloadID="${randomUUID()}@driftwood.example" timestamp="${new Date().toISOString()}">
<Header><From>${credential(id)}</From><To>${credential('ironquay')}</To>
<Sender>${credential(id, `<SharedSecret>${SECRET}</SharedSecret>`)}<UserAgent>Driftwood 1</UserAgent></Sender></Header>
<Request deploymentMode="production"><PunchOutSetupRequest operation="create"><BuyerCookie>${randomUUID()}</BuyerCookie>
<BrowserFormPost><URL>${returnUrl}</URL></BrowserFormPost></PunchOutSetupRequest></Request></cXML>`;
}

/**
 * A buyer's web server: takes a cart at /return and redirects to itself under its other name; shows what `pages` holds.
 * `carts` are the forms that arrived, `landings` counts who came to the page behind the redirect.
 */
export async function startBuyerSite() {
  const site = { carts: [], landings: 0, pages: new Map(), origin: '', elsewhere: '' };
  const server = createServer(async (request, response) => {
    const show = (html) => response.writeHead(200, { 'content-type': 'text/html' }).end(`<!doctype html><title>Buyer</title>${html}`);
    if (request.method === 'POST' && request.url === '/return') {
      let body = '';
      for await (const chunk of request) body += chunk;
      site.carts.push(new URLSearchParams(body));
      response.writeHead(302, { location: `${site.elsewhere}/landed` }).end();
    } else if (request.url === '/landed') {
      site.landings += 1;
      show('<h1>Your requisition</h1>');
    } else if (site.pages.has(request.url)) {
      show(site.pages.get(request.url));
    } else {
      response.writeHead(404).end();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  site.origin = `http://127.0.0.1:${port}`;
  site.elsewhere = `http://localhost:${port}`;
  site.stop = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return site;
}

/** `buyerSite`: such a server for a test. */
export const withBuyerSite = {
  buyerSite: async ({}, use) => {
    const site = await startBuyerSite();
    await use(site);
    await site.stop();
  },
};

// The first day of a supplier, by clicks alone: an empty installation, its owner, ERP and shop, the first buyer, a rehearsal, the
// first order with an address and a unit that nobody knew, and that order in the ERP. A trace of it is kept (test-results).
import { randomUUID } from 'node:crypto';

import { expect, test as base } from '../demo.js';
import { startInstallation } from '../installation.js';
import { judging } from '../judge.js';

// What the demo's ERP and shop sign with.
const ERP_SECRET = 'whsec_a2VlbHNvbi1kZW1vLWVycC1zZWNyZXQtMDAwMDAx';
const SHOP_SECRET = 'whsec_aXJvbnF1YXktZGVtby1zaG9wLXNlY3JldC0wMDAx';
const BUYER_SECRET = 'first-day-secret-bramble-19';
const [BUYER, SUPPLIER] = ['AN01000000101-T', 'AN01000009001-T'];
const PASSWORD = 'a sentence that I remember';
/** Of clicks; a person reads meanwhile. */
const MOST_MS = 5 * 60_000;

const test = base.extend({
  ...judging({ width: 360, height: 780 }),
  installation: async ({}, use, testInfo) => {
    const installation = await startInstallation('olive');
    await use(installation);
    await installation.stop();
    if (testInfo.status !== testInfo.expectedStatus) {
      await testInfo.attach('serve.log', { body: installation.log.join('\n'), contentType: 'text/plain' });
    }
  },
});
test.use({ trace: 'on' });

test('from an empty installation to the first order in the ERP', async ({ page, freshDemo, installation, judge }) => {
  test.setTimeout(MOST_MS + 120_000);
  const { origins } = freshDemo;
  const began = Date.now();
  const press = (name) => page.getByRole('button', { name, exact: true }).click();
  const follow = (name) => page.getByRole('link', { name, exact: true }).first().click();

  // The owner.
  await page.goto(`${installation.origin}/console`);
  await expect(page.getByText('This installation is new.')).toBeVisible();
  await page.goto(installation.link);
  await page.getByLabel('New password').fill(PASSWORD);
  await page.getByLabel('The same once more').fill(PASSWORD);
  await press('Set the password');
  await page.getByLabel('Name').fill('olive');
  await page.getByLabel('Password').fill(PASSWORD);
  await press('Sign in');

  // The supplier.
  await expect(page.getByRole('heading', { name: 'Whose orders are these?' })).toBeVisible();
  await judge(page, 'first-day-supplier');
  await page.getByLabel('Name', { exact: true }).fill('Ironquay');
  await page.getByLabel('Time zone').fill('America/New_York');
  await press('Set it up');
  await expect(page.getByRole('heading', { name: 'What comes next' })).toBeVisible();
  await judge(page, 'first-day-steps');

  // ERP and shop.
  await follow('Connect the ERP');
  await judge(page, 'first-day-connector');
  await page.getByLabel('Settings').fill(`base_url = "${origins.erp}/punchgate"
allow_http = true
allow_networks = ["127.0.0.0/8"]
qualities = { cas = "native", exposure_includes_open_orders = true, order_change = true }`);
  await page.getByLabel('Secret').fill(ERP_SECRET);
  await page.getByLabel('Reason').fill('our ERP, its test company');
  await press('Put it there');
  await follow('New connector');
  await follow('Shop by the published protocol');
  await page.getByLabel('Settings').fill(`base_url = "${origins.shop}/punchgate"
allow_http = true
allow_networks = ["127.0.0.0/8"]`);
  await page.getByLabel('Secret').fill(SHOP_SECRET);
  await page.getByLabel('Reason').fill('our shop');
  await press('Put it there');

  // The first buyer, in test; its customer in the ERP is not known yet.
  await follow('Needs a person');
  await follow('Enter the first buyer');
  await judge(page, 'first-day-relationship');
  await page.getByLabel('Name', { exact: true }).fill('ACME by network');
  await page.getByLabel('Buyer', { exact: true }).fill('ACME Manufacturing');
  await page.getByLabel('Short name').fill('acme');
  await page.getByLabel('Suite').selectOption('ariba');
  await page.getByLabel('Who the buyer is').fill(`NetworkID ${BUYER}`);
  await page.getByLabel('Who you are').fill(`NetworkID ${SUPPLIER}`);
  await page.getByLabel('Shop', { exact: true }).selectOption('shop');
  await page.getByLabel('ERP', { exact: true }).selectOption('erp');
  await page.getByLabel('Orders go').selectOption('erp');
  await page.getByLabel('Where carts go').fill('suite.acme.example');
  await page.getByLabel('The buyer has chosen this one:').check();
  await page.getByLabel('The secret that the buyer has chosen').fill(BUYER_SECRET);
  await page.getByLabel('Reason').fill('the pilot');
  await press('Make the relationship');
  await expect(page.getByRole('heading', { level: 1, name: /ACME by network/ })).toBeVisible();
  await press('Test connection');
  await expect(page.getByRole('heading', { name: 'What the test found' })).toBeVisible();
  await expect(page.getByText('Does not work')).toHaveCount(0);
  // What the buyer's administrator has said already.
  await follow('Mappings');
  await judge(page, 'first-day-mappings');
  await enterMapping(page, 'unit', 'PCE', 'EA');

  // An order comes with an address and a unit that nobody has heard of.
  const number = await sendOrder(installation.origin);
  await follow('Orders');
  await expect(async () => {
    await page.reload();
    await expect(page.getByRole('link', { name: number })).toBeVisible({ timeout: 1_000 });
  }).toPass();
  await follow(number);
  await judge(page, 'first-day-held');
  await say(page, 'Say whose address it is', 'Customer in the ERP', 'C-1001');
  await say(page, 'Say what it is called here', 'Here it is called', 'ST');
  await expect(async () => {
    await page.reload();
    await expect(page.locator('h1 .pill').first()).toHaveText(/Accepted|Confirmed|In the ERP/, { timeout: 1_000 });
  }).toPass();
  await judge(page, 'first-day-done');

  // A rehearsal, whose report goes to the buyer.
  await follow('Relationships');
  await follow('ACME by network');
  await follow('Rehearse');
  await page.getByLabel('Ship-to').fill('DOCK-9');
  await press('Rehearse');
  await expect(page.getByRole('heading', { name: /What it found/ })).toBeVisible({ timeout: 120_000 });
  await judge(page, 'first-day-rehearsal');
  await expect(page.getByText('All as it must be')).toBeVisible();

  // There it is, once.
  await page.goto(`${origins.erp}/orders?q=${number}`);
  await expect(page.getByRole('region', { name: 'Sales orders, table' }).locator('tbody tr')).toHaveCount(1);
  expect(Date.now() - began).toBeLessThan(MOST_MS);
});

/** On the page of mappings. */
async function enterMapping(page, kind, source, target) {
  await page.getByLabel('What it is').first().selectOption(kind);
  await page.getByLabel('The buyer writes').fill(source);
  await page.getByLabel('Here it is called').fill(target);
  await page.getByLabel('Reason').first().fill('agreed with the buyer');
  await page.getByRole('button', { name: 'Add it' }).click();
  await expect(page.getByRole('cell', { name: source, exact: true })).toBeVisible();
}

/** On the page of an order that waits: what somebody says of the buyer's words. */
async function say(page, what, field, value) {
  await page.getByText(`${what} …`).click();
  const form = page.locator('details[open] form');
  await form.getByLabel(field).fill(value);
  await form.getByLabel('Reason').fill('asked the buyer');
  await form.getByRole('button', { name: what }).click();
}

/** The buyer's order, as its suite sends it; resolves to its number. */
async function sendOrder(origin) {
  const number = `PO${randomUUID().slice(0, 8)}`;
  const credential = (identity, rest = '') => `<Credential domain="NetworkID"><Identity>${identity}</Identity>${rest}</Credential>`;
  const response = await fetch(`${origin}/cxml`, {
    method: 'POST',
    headers: { 'content-type': 'text/xml; charset=utf-8' },
    body: `<?xml version="1.0" encoding="UTF-8"?>
<cXML payloadID="${randomUUID()}@acme.example" timestamp="${new Date().toISOString()}">
<Header><From>${credential(BUYER)}</From><To>${credential(SUPPLIER)}</To>
<Sender>${credential(BUYER, `<SharedSecret>${BUYER_SECRET}</SharedSecret>`)}<UserAgent>Suite 1</UserAgent></Sender></Header>
<Request deploymentMode="test"><OrderRequest><OrderRequestHeader orderID="${number}" orderDate="${new Date().toISOString()}" type="new">
<Total><Money currency="USD">57.11</Money></Total>
<ShipTo><Address addressID="DOCK-9"><Name xml:lang="en">Dock 9</Name></Address></ShipTo></OrderRequestHeader>
<ItemOut quantity="1" lineNumber="1"><ItemID><SupplierPartID>TL-1110</SupplierPartID></ItemID><ItemDetail>
<UnitPrice><Money currency="USD">57.11</Money></UnitPrice><Description xml:lang="en">Hex keys</Description>
<UnitOfMeasure>SET</UnitOfMeasure><Classification domain="UNSPSC">27111700</Classification></ItemDetail></ItemOut>
</OrderRequest></Request></cXML>`,
  });
  expect(await response.text()).toContain('<Status code="200"');
  return number;
}

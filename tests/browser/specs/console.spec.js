// The console as an operator uses it: sign in, see what needs a person, replay a message that was given up, switch a
// connector; with the keyboard, without scripts, in light, dark and on a phone.
import { once } from 'node:events';
import { createServer } from 'node:http';

import { expect, test as base } from '../demo.js';
import { judging } from '../judge.js';
import { WRENCH, addToCart, expectRequisition, openCart, openSuite, punchOutInTab, submitOrder, transfer } from '../journey.js';
import { agree, openSession, provision } from '../relationship.js';

const SECRET = 'whsec_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=';

const test = base.extend({
  ...judging({ width: 360, height: 780 }),
  /** A system of the supplier's that is told of events; `answer` is what it says. */
  receiver: async ({}, use) => {
    const receiver = { answer: 400, told: [], url: '' };
    const server = createServer((request, response) => {
      receiver.told.push(request.headers['webhook-id']);
      response.writeHead(receiver.answer).end(receiver.answer === 400 ? 'unknown tenant' : '');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    receiver.url = `http://127.0.0.1:${server.address().port}/hooks`;
    await use(receiver);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  },
});

async function listen(demo, receiver) {
  await provision(demo, 'hooks', `
[[supplier.connector]]
id = "hooks"
kind = "events-webhook"
mode = "production"
settings = { url = "${receiver.url}", allow_http = true, allow_networks = ["127.0.0.0/8"], events = ["order.received"] }
secrets = { secret = { env = "HOOKS" } }
`, { HOOKS: SECRET });
  // An order is told to nobody before the gateway has seen the change: it has when it knows what was declared after it.
  await agree(demo, 'beside', 'return_hosts = ["127.0.0.1"]');
  await openSession(demo, 'beside', 'http://127.0.0.1/return');
}

async function order(page, origins) {
  await openSuite(page, origins);
  const shop = await punchOutInTab(page);
  await addToCart(shop, WRENCH);
  await openCart(shop);
  await transfer(shop);
  await expectRequisition(shop, 1);
  return submitOrder(shop);
}

async function signIn(page, { console: { address, name, password } }) {
  await page.goto(address);
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password').fill(password);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'Needs a person' })).toBeVisible();
}

test('a webhook message that was given up is found, replayed and arrives', async ({ page, freshDemo, receiver, judge }) => {
  test.slow();
  const { origins } = freshDemo;
  const complaints = [];
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()));
  await listen(freshDemo, receiver);
  const suite = await page.context().newPage();
  const number = await order(suite, origins);
  await expect.poll(() => receiver.told.length).toBe(1);

  await page.goto(origins.console.address);
  await judge(page, 'console-sign-in');
  await page.getByLabel('Name').fill('olive');
  await page.getByLabel('Password').fill('not her password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toHaveText('This name and password do not fit together.');
  complaints.length = 0; // The browser notes the answer 422.
  await judge(page, 'console-sign-in-wrong');
  await signIn(page, origins);
  await expect(page.getByRole('link', { name: 'Given up: Webhook' })).toBeVisible();
  await judge(page, 'console-start');

  await page.getByRole('link', { name: 'Given up: Webhook' }).click();
  const table = page.getByRole('region', { name: 'Deliveries, table' });
  await expect(table.getByRole('row')).toHaveCount(2);
  await expect(table).toContainText(`Order ${number}`);
  await expect(page.getByLabel('State')).toHaveValue('dead');
  await judge(page, 'console-deliveries-dead');
  await table.getByRole('link', { name: 'Webhook: Order received' }).click();
  await expect(page.getByText(receiver.told[0], { exact: true })).toBeVisible();
  await expect(page.getByText('unknown tenant').first()).toBeVisible();
  await judge(page, 'console-delivery');

  receiver.answer = 204;
  await page.getByLabel('Reason').fill('They know the tenant now');
  await page.getByRole('button', { name: 'Try it again' }).click();
  await expect.poll(() => receiver.told.length).toBe(2);
  expect(receiver.told[1]).toBe(receiver.told[0]);
  await expect(async () => {
    await page.reload();
    await expect(page.getByRole('region', { name: 'Attempts, table' }).getByRole('row')).toHaveCount(3, { timeout: 1_000 });
    await expect(page.locator('h1 .pill')).toHaveText('Done', { timeout: 1_000 });
  }).toPass();
  await expect(page.getByText('olive had it tried again: “They know the tenant now”')).toBeVisible();
  await judge(page, 'console-delivery-done');
  await page.getByRole('link', { name: 'Needs a person' }).click();
  await expect(page.getByRole('link', { name: 'Given up: Webhook' })).toHaveCount(0);
  expect(complaints, 'nothing that the policy of the pages forbids').toEqual([]);
});

test('lists are narrowed without loading the page anew, and stay so in the address', async ({ page, origins, judge }) => {
  test.slow();
  const suite = await page.context().newPage();
  await order(suite, origins);
  await signIn(page, origins);
  await page.getByRole('link', { name: 'Deliveries' }).click();
  const table = page.getByRole('region', { name: 'Deliveries, table' });
  await expect(table.getByRole('row').nth(1)).toBeVisible();
  await judge(page, 'console-deliveries');
  await page.evaluate(() => { window.stays = true; });
  await page.getByLabel('What').selectOption('Submit the order');
  await expect(page).toHaveURL(/kind=submit-order/);
  await expect(table.getByText('Send the confirmation to the buyer')).toHaveCount(0);
  expect(await page.evaluate(() => window.stays)).toBe(true);
  await page.reload();
  await expect(page.getByLabel('What')).toHaveValue('submit-order');
  await page.goto(`${origins.console.address}/s/ironquay/connectors`);
  await expect(page.getByRole('heading', { name: /^erp / })).toBeVisible();
  await judge(page, 'console-connectors');
  for (const list of ['orders', 'quarantine', 'conflicts']) {
    await page.goto(`${origins.console.address}/s/ironquay/${list}`);
    await judge(page, `console-${list}`);
  }
  await page.goto(`${origins.console.address}/s/nobody`);
  await expect(page.getByRole('heading', { name: 'There is no such page' })).toBeVisible();
  await judge(page, 'console-missing');
});

test('it works without scripts and with the keyboard alone', async ({ browser, origins }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await signIn(page, origins);
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to the content' })).toBeFocused();
  await page.keyboard.press('Enter');
  await page.goto(`${origins.console.address}/s/ironquay/deliveries`);
  await page.getByLabel('State').selectOption('Given up');
  await page.getByRole('button', { name: 'Show' }).click();
  await expect(page).toHaveURL(/state=dead/);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('status')).toHaveText('You are signed out.');
  await page.goto(`${origins.console.address}/s/ironquay`);
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await context.close();
});

test('a link from another site finds who is signed in', async ({ page, origins }) => {
  await signIn(page, origins);
  await page.goto(origins.suite);
  await page.evaluate((to) => {
    const link = document.createElement('a');
    link.href = to;
    link.id = 'across';
    link.textContent = 'To the console';
    document.body.prepend(link);
  }, `${origins.console.address}/s/ironquay/connectors`);
  await page.locator('#across').click();
  await expect(page.getByRole('heading', { level: 1, name: 'Connectors' })).toBeVisible();
  const cookies = await page.context().cookies();
  expect(cookies.map(({ name, path, httpOnly, sameSite }) => ({ name, path, httpOnly, sameSite }))).toEqual([
    { name: 'punchgate-console', path: '/console', httpOnly: true, sameSite: 'Strict' },
  ]);
});

// The demo with a real Vendure as its shop: `scripts/vendure run` says where that is; elsewhere these tests are skipped.
import { createHmac } from 'node:crypto';

import { expect, startDemo, test as base } from '../demo.js';
import {
  expectConfirmed, expectInShop, expectRequisition, keys, lines, openSuite, punchOutInFrame, punchOutInTab, quantities, salesOrders,
  startLink, submitOrder, transfer,
} from '../journey.js';

const url = process.env.PUNCHGATE_TEST_VENDURE;
const key = process.env.PUNCHGATE_TEST_VENDURE_KEY;
const secret = process.env.PUNCHGATE_TEST_VENDURE_LOGIN_SECRET;
// What the demo's ERP wants the shopper of its customer on hold to read.
const HOLD = 'Account past due. Please call accounts receivable.';

const test = base.extend({
  demo: [
    async ({}, use) => {
      const demo = await startDemo({ args: ['--storefront', 'vendure', '--vendure-url', url, '--vendure-key', key] });
      await use(demo);
      await demo.stop();
    },
    { scope: 'worker', timeout: 120_000 },
  ],
});

test.skip(!url, 'PUNCHGATE_TEST_VENDURE is not set, the real Vendure was not tried');

/** Puts a product into the cart of the plugin's plain storefront. */
async function add(shop, name) {
  await shop.getByRole('searchbox', { name: 'Search products' }).fill(name);
  await shop.getByRole('button', { name: 'Search', exact: true }).click();
  await shop.getByRole('button', { name: `Add ${name} to cart` }).click();
  await expect(shop.getByRole('cell', { name, exact: true })).toBeVisible();
}

function cartLines(shop) {
  return shop.locator('#lines tr');
}

async function setQuantity(shop, name, quantity) {
  const input = shop.getByRole('spinbutton', { name: `Quantity of ${name}` });
  await input.fill(String(quantity));
  await input.press('Tab');
}

/** Notes the one-time logins to which the gateway sends browsers, and the bearers that pages use. */
function watch(context) {
  const seen = { logins: [], bearers: [], cookies: [], pending: [] };
  context.on('response', (response) => {
    seen.pending.push(
      response.allHeaders().then((headers) => {
        if (headers.location?.includes('#punchout=')) seen.logins.push(headers.location);
        if (headers['set-cookie']) seen.cookies.push(response.url());
      }),
    );
  });
  context.on('request', (request) => {
    const bearer = request.headers().authorization;
    if (bearer && request.url().endsWith('/shop-api')) seen.bearers.push(bearer);
  });
  return seen;
}

/** The Shop API as a page with this bearer would call it. */
async function call(request, bearer, query) {
  const answer = await request.post(`${url}/shop-api`, { headers: { authorization: bearer }, data: { query } });
  return answer.json();
}

/** The Shop API from within a page of the shop: by default with the bearer that the page itself has. */
function callFromPage(page, query, variables = {}, anonymous = false) {
  return page.evaluate(
    async ([query, variables, anonymous]) => {
      const headers = { 'content-type': 'application/json' };
      const bearer = sessionStorage.getItem('punchgate-bearer');
      if (!anonymous) headers.authorization = `Bearer ${bearer}`;
      const answer = await fetch('/shop-api', { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
      return answer.json();
    },
    [query, variables, anonymous],
  );
}

/** A login as the shop makes them, were it to say this. */
function signed(claims, by = secret) {
  const encoded = (part) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const text = `${encoded({ alg: 'HS256', typ: 'JWT' })}.${encoded(claims)}`;
  return `${text}.${createHmac('sha256', by).update(text).digest('base64url')}`;
}

/** Nothing that browsers got or sent on the way was a cookie. */
async function expectNoCookie(context, seen) {
  await Promise.all(seen.pending);
  expect(seen.bearers.length).toBeGreaterThan(2);
  expect(seen.cookies).toEqual([]);
  expect(await context.cookies()).toEqual([]);
}

test('the whole path in a tab: contract prices, transfer, edit with its keys, order, sale in the ERP; no cookie', async ({ page, context, origins, expectAccessible }) => {
  const seen = watch(context);
  await openSuite(page, origins);
  const tab = await punchOutInTab(page);
  await expect(tab).toHaveURL(`${url}/punchout/shop`);
  await add(tab, 'Hex bolt M8 × 40');
  await add(tab, 'Desk lamp');
  await setQuantity(tab, 'Hex bolt M8 × 40', 4);
  // 18.50 less the ten percent of the contract, four times, and 30.00.
  await expect(tab.getByText('Total without tax: $96.60')).toBeVisible();
  await expectAccessible(tab);
  await transfer(tab);
  await expectRequisition(tab, 2);
  expect(await quantities(tab)).toEqual([4, 1]);
  const before = await keys(tab);

  const edit = await punchOutInTab(tab, /Edit cart in a new tab/);
  await expect(cartLines(edit)).toHaveCount(2);
  await setQuantity(edit, 'Desk lamp', 3);
  await expect(edit.getByText('Total without tax: $156.60')).toBeVisible();
  await transfer(edit);
  await expectRequisition(edit, 2);
  expect(await quantities(edit)).toEqual([4, 3]);
  expect(await keys(edit)).toEqual(before);
  const purchaseOrder = await submitOrder(edit);
  await expectConfirmed(edit);
  await expectNoCookie(context, seen);
  expect(await salesOrders(page, origins, purchaseOrder)).toBe(1);
});

for (const storage of ['kept', 'denied']) {
  test(`the path in a frame on another site, its storage ${storage}, sets no cookie`, async ({ page, context, origins }) => {
    if (storage === 'denied') {
      await page.addInitScript(() => {
        if (window.top === window) return;
        const refuse = () => { throw new DOMException('The operation is insecure.', 'SecurityError'); };
        for (const name of ['sessionStorage', 'localStorage']) Object.defineProperty(window, name, { get: refuse });
      });
    }
    const seen = watch(context);
    await openSuite(page, origins);
    const shop = await punchOutInFrame(page);
    await add(shop, 'Nitrile gloves M');
    await transfer(shop);
    await expectRequisition(page, 1);
    await expectNoCookie(context, seen);
  });
}

test('two shoppers at once, and one shopper in two tabs: every session has a cart of its own', async ({ browser, origins }) => {
  const [first, second] = [await browser.newContext(), await browser.newContext()];
  const [bea, tom] = [await first.newPage(), await second.newPage()];
  await Promise.all([openSuite(bea, origins), openSuite(tom, origins)]);
  const [hers, his] = await Promise.all([punchOutInTab(bea), punchOutInTab(tom)]);
  await openSuite(bea, origins);
  const hersToo = await punchOutInTab(bea);
  await Promise.all([add(hers, 'Desk lamp'), add(his, 'Office chair'), add(hersToo, 'Cable ties 200 mm')]);
  for (const [tab, name] of [[hers, 'Desk lamp'], [his, 'Office chair'], [hersToo, 'Cable ties 200 mm']]) {
    await tab.reload();
    await expectInShop(tab);
    await expect(cartLines(tab)).toHaveCount(1);
    await expect(cartLines(tab)).toContainText(name);
  }
  await Promise.all([first.close(), second.close()]);
});

test('a login that was used, was changed or is made up opens nothing', async ({ page, context, browser, origins }) => {
  const seen = watch(context);
  await openSuite(page, origins);
  const tab = await punchOutInTab(page);
  await expect(tab).toHaveURL(`${url}/punchout/shop`);
  await Promise.all(seen.pending);
  const [login] = seen.logins;
  const stranger = await browser.newContext();
  const [head, , signature] = login.split('#punchout=')[1].split('.');
  const claims = Buffer.from(JSON.stringify({ iss: 'punchgate-vendure', sub: 'x', jti: 'y', aud: 'z', exp: 4e9 })).toString('base64url');
  for (const [address, why] of [
    [login, /used already/],
    [`${url}/punchout/shop#punchout=${head}.${claims}.${signature}`, /forged/],
    [`${url}/punchout/shop#punchout=nonsense`, /malformed/],
    [`${url}/punchout/shop`, /start in your procurement system/],
  ]) {
    const other = await stranger.newPage();
    await other.goto(address);
    await expect(other.getByText(why)).toBeVisible();
    await expect(other.getByRole('region', { name: 'Punchout session' })).toHaveCount(0);
    await other.close();
  }
  await stranger.close();
});

test('from a page: a login that is expired, signed by somebody else or for another channel is refused, and the right one still works', async ({ page, request, origins }) => {
  const link = await startLink(request, origins);
  const { location } = (await request.post(link, { maxRedirects: 0 })).headers();
  const login = location.split('#punchout=')[1];
  const claims = JSON.parse(Buffer.from(login.split('.')[1], 'base64url'));
  await page.goto(`${url}/punchout/shop`);
  const query = `mutation($token: String!) {
    authenticate(input: { punchgate: { token: $token } }) { __typename ... on InvalidCredentialsError { authenticationError } }
  }`;
  const redeem = async (token) => (await callFromPage(page, query, { token }, true)).data.authenticate;
  for (const [token, why] of [
    [signed({ ...claims, exp: Math.floor(Date.now() / 1000) - 1 }), 'The login is expired.'],
    [signed(claims, 'a secret that another shop signs with'), 'The login is forged.'],
    [signed({ ...claims, aud: 'another channel' }), 'The login is foreign.'],
    [signed({ ...claims, iss: 'another shop' }), 'The login is foreign.'],
    [signed({ ...claims, sub: 'another session' }), 'The login is foreign.'],
  ]) {
    expect(await redeem(token)).toEqual({ __typename: 'InvalidCredentialsError', authenticationError: why });
  }
  expect((await redeem(login)).__typename).toBe('CurrentUser');
  expect((await redeem(login)).authenticationError).toContain('used already');
});

test("from a page: another shopper's cart is neither seen nor changed", async ({ browser, origins }) => {
  const [first, second] = [await browser.newContext(), await browser.newContext()];
  const [bea, tom] = [await first.newPage(), await second.newPage()];
  await Promise.all([openSuite(bea, origins), openSuite(tom, origins)]);
  const [hers, his] = await Promise.all([punchOutInTab(bea), punchOutInTab(tom)]);
  await Promise.all([add(hers, 'Desk lamp'), add(his, 'Office chair')]);
  const seen = (tab, anonymous) => callFromPage(tab, '{ activeOrder { id code lines { id quantity } } }', {}, anonymous);
  const { activeOrder: order } = (await seen(hers)).data;
  const [line] = order.lines;
  for (const [query, variables] of [
    ['query($code: String!) { orderByCode(code: $code) { id } }', { code: order.code }],
    ['query($id: ID!) { order(id: $id) { id } }', { id: order.id }],
    ['mutation($line: ID!) { adjustOrderLine(orderLineId: $line, quantity: 99) { __typename ... on Order { id } } }', { line: line.id }],
    ['mutation($line: ID!) { removeOrderLine(orderLineId: $line) { __typename ... on Order { id } } }', { line: line.id }],
  ]) {
    for (const anonymous of [false, true]) {
      // Refused, or nothing found.
      const { errors, data } = await callFromPage(his, query, variables, anonymous);
      expect(errors ? [null] : Object.values(data), query).toEqual([null]);
    }
  }
  expect((await seen(his, true)).data.activeOrder).toBeNull();
  expect((await seen(hers)).data.activeOrder).toEqual(order);
  for (const [tab, name] of [[hers, 'Desk lamp'], [his, 'Office chair']]) {
    await tab.reload();
    await expectInShop(tab);
    await expect(cartLines(tab)).toHaveCount(1);
    await expect(tab.getByRole('spinbutton', { name: `Quantity of ${name}` })).toHaveValue('1');
  }
  await Promise.all([first.close(), second.close()]);
});

test('from a page: a price that the browser sends counts nowhere', async ({ page, origins }) => {
  await openSuite(page, origins);
  const tab = await punchOutInTab(page);
  await add(tab, 'Hex bolt M8 × 40');
  const { activeOrder } = (await callFromPage(tab, '{ activeOrder { lines { id productVariant { id } } } }')).data;
  const [line] = activeOrder.lines;
  for (const query of [
    'mutation($part: ID!) { addItemToOrder(productVariantId: $part, quantity: 1, unitPrice: 1) { __typename } }',
    'mutation($part: ID!) { addItemToOrder(productVariantId: $part, quantity: 1, customFields: { punchoutUnitPrice: 1 }) { __typename } }',
    'mutation($line: ID!) { adjustOrderLine(orderLineId: $line, quantity: 1, customFields: { punchoutUnitPrice: 1 }) { __typename } }',
    'mutation { setOrderCustomFields(input: { customFields: { punchoutReference: "x", punchoutFreight: 0 } }) { __typename } }',
    'mutation { applyCouponCode(couponCode: "FREE") { __typename } }',
  ]) {
    const answer = await callFromPage(tab, query, { part: line.productVariant.id, line: line.id });
    expect(answer.errors ?? [], `${query}: ${JSON.stringify(answer)}`).not.toEqual([]);
  }
  // Neither does a total that the browser is told: the gateway reads the cart from the shop.
  await page.context().route(`${url}/shop-api`, async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: (await answer.text()).replaceAll(/(Price|Total)":1665/g, '$1":1') });
  });
  await tab.reload();
  await expect(tab.getByText('Total without tax: $0.01')).toBeVisible();
  await transfer(tab);
  await expectRequisition(tab, 1);
  await expect(lines(tab)).toContainText('16.65');
});

test('checkout is refused, and a cart is not changed after its transfer', async ({ page, context, request, origins }) => {
  const seen = watch(context);
  await openSuite(page, origins);
  const tab = await punchOutInTab(page);
  await add(tab, 'Desk lamp');
  const bearer = seen.bearers.at(-1);
  const checkout = 'mutation { transitionOrderToState(state: "ArrangingPayment") { ... on OrderStateTransitionError { transitionError } } }';
  const refused = await call(request, bearer, checkout);
  expect(refused.data.transitionOrderToState.transitionError).toContain('There is no checkout in punchout');

  await transfer(tab);
  await expect.poll(async () => (await call(request, bearer, '{ punchoutSession { state } }')).data.punchoutSession.state).toBe('returned');
  const order = (await call(request, bearer, '{ activeOrder { lines { id quantity } } }')).data.activeOrder;
  const change = `mutation { adjustOrderLine(orderLineId: "${order.lines[0].id}", quantity: 9) { __typename ... on ErrorResult { message } } }`;
  expect((await call(request, bearer, change)).data.adjustOrderLine.__typename).toBe('OrderModificationError');
  await expectRequisition(tab, 1);
  expect(await quantities(tab)).toEqual([1]);
  await tab.goBack();
  await tab.goBack();
  await expect(tab.getByText('This cart was transferred')).toBeVisible();
  await expect(tab.getByRole('button', { name: 'Transfer cart' })).toHaveCount(0);
});

test('a customer on hold in the ERP reads why in the shop', async ({ page, origins }) => {
  await openSuite(page, origins, 'cobalt');
  const tab = await punchOutInTab(page);
  const bar = tab.getByRole('region', { name: 'Punchout session' });
  await expect(bar.locator('.punchout-notice')).toHaveCount(1);
  await expect(bar.locator('.punchout-notice')).toHaveText(HOLD);
});

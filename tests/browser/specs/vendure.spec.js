// The demo with a real Vendure as its shop: `scripts/vendure run` says where that is; elsewhere these tests are skipped.
import { expect, startDemo, test as base } from '../demo.js';
import {
  expectConfirmed, expectInShop, expectRequisition, keys, openSuite, punchOutInFrame, punchOutInTab, quantities, salesOrders,
  submitOrder, transfer,
} from '../journey.js';

const url = process.env.PUNCHGATE_TEST_VENDURE;
const key = process.env.PUNCHGATE_TEST_VENDURE_KEY;

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

test('the whole path in a tab: contract prices, transfer, edit with its keys, order, sale in the ERP', async ({ page, origins, expectAccessible }) => {
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
    await Promise.all(seen.pending);
    expect(seen.bearers.length).toBeGreaterThan(2);
    expect(seen.cookies).toEqual([]);
    expect(await context.cookies()).toEqual([]);
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
  await expect(bar.locator('.punchout-notice')).not.toBeEmpty();
});

// The punchout inside the suite's page, which is another site to the browser (localhost and 127.0.0.1): no cookie at all.
import { expect, test } from '../demo.js';
import {
  GLOVES, WRENCH, addToCart, expectConfirmed, expectRequisition, openCart, openSuite, punchOutInFrame, salesOrders, submitOrder,
  transfer,
} from '../journey.js';

/** Notes every response of a context: how many came from each origin, and which set a cookie. */
function watchCookies(context) {
  const seen = { responses: new Map(), setting: [], pending: [] };
  context.on('response', (response) => {
    const { origin } = new URL(response.url());
    seen.responses.set(origin, (seen.responses.get(origin) ?? 0) + 1);
    seen.pending.push(
      response.allHeaders().then((headers) => headers['set-cookie'] && seen.setting.push(`${response.url()}: ${headers['set-cookie']}`)),
    );
  });
  return seen;
}

async function shopInFrame(page, origins) {
  await openSuite(page, origins);
  const shop = await punchOutInFrame(page);
  await addToCart(shop, WRENCH, GLOVES);
  await openCart(shop);
  await transfer(shop);
  await expectRequisition(page, 2);
}

test('the whole path in a frame on another site sets no cookie', async ({ page, context, origins }) => {
  const seen = watchCookies(context);
  await shopInFrame(page, origins);
  expect(page.frames(), 'the suite shows the requisition in place of the frame').toHaveLength(1);

  const edit = await punchOutInFrame(page, /^Edit cart$/);
  await expect(edit.getByRole('heading', { name: 'Edit your cart' })).toBeVisible();
  await transfer(edit);
  await expectRequisition(page, 2);
  const purchaseOrder = await submitOrder(page);
  await expectConfirmed(page);

  await Promise.all(seen.pending);
  // Pages, scripts and answers of both were really watched.
  expect(seen.responses.get(origins.gateway)).toBeGreaterThan(3);
  expect(seen.responses.get(origins.shop)).toBeGreaterThan(3);
  expect(seen.setting).toEqual([]);
  expect(await context.cookies()).toEqual([]);
  expect(await salesOrders(page, origins, purchaseOrder)).toBe(1);
});

test('the path in a frame works where the browser keeps nothing for other sites', async ({ page, origins }) => {
  // As with blocked third-party cookies: storage throws.
  await page.addInitScript(() => {
    if (window.top === window) return;
    const refuse = () => { throw new DOMException('The operation is insecure.', 'SecurityError'); };
    for (const name of ['sessionStorage', 'localStorage']) Object.defineProperty(window, name, { get: refuse });
  });
  await shopInFrame(page, origins);
});

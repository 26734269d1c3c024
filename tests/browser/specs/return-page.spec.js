// A buyer's return page that redirects: only to hosts that the relationship names, which the gateway's page enforces.
import { expect, test as base } from '../demo.js';
import { WRENCH, addToCart, expectInShop, openCart, transfer } from '../journey.js';
import { agree, openSession, withBuyerSite } from '../relationship.js';

const test = base.extend(withBuyerSite);

async function shopAndTransfer(page, demo, id, buyerSite) {
  await page.goto(await openSession(demo, id, `${buyerSite.origin}/return`));
  await expectInShop(page);
  await addToCart(page, WRENCH);
  await openCart(page);
  await transfer(page);
}

test('a return page may redirect to a host that the relationship names', async ({ page, demo, buyerSite }) => {
  await agree(demo, 'redirecting', 'return_hosts = ["127.0.0.1"]\nredirect_hosts = ["localhost"]');
  await shopAndTransfer(page, demo, 'redirecting', buyerSite);
  await expect(page.getByRole('heading', { name: 'Your requisition' })).toBeVisible();
  expect(page.url()).toBe(`${buyerSite.elsewhere}/landed`);
  expect(buyerSite.carts).toHaveLength(1);
  expect(Buffer.from(buyerSite.carts[0].get('cXML-base64'), 'base64').toString()).toContain(WRENCH);
});

test('a redirect to any other host is stopped by the browser', async ({ page, demo, buyerSite }) => {
  await agree(demo, 'straying', 'return_hosts = ["127.0.0.1"]');
  const stopped = page.waitForEvent('console', (message) => /form-action/.test(message.text()));
  await shopAndTransfer(page, demo, 'straying', buyerSite);
  expect((await stopped).text()).toContain(buyerSite.origin);
  // The cart is where it was meant to go; only the way on is closed.
  await expect.poll(() => buyerSite.carts.length).toBe(1);
  await expect(page.getByRole('heading', { name: 'Your cart is ready' })).toBeVisible();
  expect(buyerSite.landings).toBe(0);
});

// Start links: one browser redeems one, once, and may reload; everybody else is told in words what to do.
import { expect, test as base } from '../demo.js';
import {
  WRENCH, addToCart, cartCount, expectInShop, expectRequisition, lines, openCart, startLink, transfer,
} from '../journey.js';
import { agree, openSession, withBuyerSite } from '../relationship.js';

const test = base.extend(withBuyerSite);

/** The page tells a shopper what is wrong and how to go on. */
async function expectRefusal(page, heading, code) {
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(heading);
  await expect(page.getByText(/procurement system/)).toBeVisible();
  await expect(page.getByText(`Reference: ${code}`)).toBeVisible();
}

test('a used link is refused in another browser; the one that redeemed it may reload', async ({ page, browser, request, origins }) => {
  const link = await startLink(request, origins);
  await page.goto(link);
  await expectInShop(page);
  await addToCart(page, WRENCH);

  const stranger = await browser.newContext();
  const other = await stranger.newPage();
  await other.goto(link);
  await expectRefusal(other, 'This link has been used', 'start-link-used');
  await stranger.close();

  await page.reload();
  await expectInShop(page);
  expect(await cartCount(page)).toBe('1');
  await page.goto(link);
  await expectInShop(page);
  expect(await cartCount(page)).toBe('1');
});

test('a tampered link is refused and the real one still works', async ({ page, request, origins }) => {
  const link = await startLink(request, origins);
  const end = link.at(-1) === 'A' ? 'B' : 'A';
  for (const tampered of [link.slice(0, -1) + end, link.slice(0, -4), `${link}AAAA`]) {
    await page.goto(tampered);
    await expectRefusal(page, 'This link is not valid', 'start-link-unknown');
  }
  await page.goto(link);
  await expectInShop(page);
});

test('an expired link is refused', async ({ page, demo }) => {
  await agree(demo, 'hasty', 'return_hosts = ["127.0.0.1"]\nstart_link_seconds = 1');
  const link = await openSession(demo, 'hasty', 'http://127.0.0.1:9/return');
  const expiry = Date.now() + 1_000;
  await expect.poll(() => Date.now()).toBeGreaterThan(expiry);
  await page.goto(link);
  await expectRefusal(page, 'This link is too old', 'start-link-expired');
});

test('looking at a link does not redeem it', async ({ page, request, origins }) => {
  const link = await startLink(request, origins);
  for (const [method, headers] of [
    ['HEAD', {}],
    ['GET', {}],
    ['GET', { 'sec-purpose': 'prefetch' }],
    ['GET', { 'sec-purpose': 'prefetch;prerender' }],
    ['GET', { purpose: 'prefetch' }],
    ['POST', { 'sec-purpose': 'prefetch' }],
  ]) {
    const response = await request.fetch(link, { method, headers, maxRedirects: 0 });
    expect(response.status(), `${method} ${JSON.stringify(headers)}`).toBe(200);
    expect(response.headers()['cache-control']).toBe('no-store');
  }
  await page.goto(link);
  await expectInShop(page);
});

test('a page that prefetches the link does not redeem it', async ({ page, context, buyerSite, request, origins }) => {
  const link = await startLink(request, origins);
  buyerSite.pages.set('/mail', `<link rel="prefetch" href="${link}"><h1>Mail</h1>`);
  const fetched = context.waitForEvent('response', (it) => it.url() === link);
  await page.goto(`${buyerSite.elsewhere}/mail`);
  expect((await (await fetched).request().allHeaders())['sec-purpose']).toBe('prefetch');
  await page.goto(link);
  await expectInShop(page);
});

test('without scripts the buttons lead into the shop and back', async ({ browser, request, origins }) => {
  const link = await startLink(request, origins);
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(link);
  await expect(page.getByRole('heading', { name: 'Opening the catalogue' })).toBeVisible();
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.waitForURL(`${origins.shop}/**`);

  // The storefront itself needs scripts: the cart is filled as its script would.
  const api = `${origins.shop}/punchout/api`;
  const token = new URL(page.url()).hash.replace('#t=', '');
  const { bearer } = await (await request.post(`${api}/enter`, { data: { token } })).json();
  const headers = { authorization: `Bearer ${bearer}` };
  expect((await request.post(`${api}/cart/lines`, { headers, data: { sku: WRENCH, quantity: '1' } })).ok()).toBe(true);
  const session = await (await request.get(`${api}/session`, { headers })).json();

  await page.goto(session.return_url);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('button', { name: 'Continue to your procurement system' }).click();
  await expectRequisition(page, 1);
  await context.close();
});

test('a cart that is transferred a second time changes nothing in the requisition', async ({ page, request, origins }) => {
  await page.goto(await startLink(request, origins));
  await addToCart(page, WRENCH);
  await openCart(page);
  const returning = page.waitForRequest(/\/punchout\/return\//);
  await transfer(page);
  const address = (await returning).url();
  await expectRequisition(page, 1);
  const requisition = page.url();
  await page.goto(address);
  await page.waitForURL(requisition);
  await expect(lines(page)).toHaveCount(1);
  await expect(page.getByText('a cart came back a second time and was not taken')).toBeVisible();
});

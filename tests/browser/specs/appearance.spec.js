// How the pages look and read: axe in light and dark, no sideways scrolling on a phone, a picture of each to look at
// (test-results/screens).
import { expect, test as base } from '../demo.js';
import { judging } from '../judge.js';
import {
  GLOVES, WRENCH, addToCart, expectConfirmed, expectInShop, expectRequisition, openCart, openSuite, punchOutInFrame, punchOutInTab,
  startLink, submitOrder, transfer,
} from '../journey.js';

const test = base.extend(judging({ width: 390, height: 844 }));

/** Pages that post by themselves stay where they are, to be looked at; their buttons work. */
function holdStill(page, origins) {
  return page.route(`${origins.gateway}/punchout/assets/*.js`, (route) => route.fulfill({ contentType: 'text/javascript', body: '' }));
}

test('suite: home, requisitions, orders, documents, the wire', async ({ page, origins, judge }) => {
  test.slow();
  await openSuite(page, origins);
  const shop = await punchOutInTab(page);
  await addToCart(shop, WRENCH, GLOVES);
  await openCart(shop);
  await transfer(shop);
  await expectRequisition(shop, 2);
  await judge(shop, 'suite-requisition');
  await submitOrder(shop);
  await expectConfirmed(shop);
  await judge(shop, 'suite-order');
  for (const list of ['requisitions', 'orders', 'documents']) {
    await shop.goto(`${origins.suite}/buyers/acme/${list}`);
    await judge(shop, `suite-${list}`);
  }
  await openSuite(page, origins);
  await judge(page, 'suite-home');
  await page.getByRole('button', { name: /^On the wire/ }).click();
  const wire = page.getByRole('complementary', { name: 'What just went over the wire' });
  await wire.getByRole('group').first().click();
  await expect(wire.getByRole('heading', { name: 'Request' })).toBeVisible();
  await judge(page, 'suite-wire');
});

test('suite: the shop in a frame', async ({ page, origins, judge }) => {
  test.slow();
  await openSuite(page, origins);
  await punchOutInFrame(page);
  await judge(page, 'suite-frame');
});

test('shop: shelves, product, cart, farewell', async ({ page, request, origins, judge }) => {
  test.slow();
  await page.goto(`${origins.shop}/punchout`);
  await expect(page.getByRole('heading', { name: 'Start from your procurement system' })).toBeVisible();
  await judge(page, 'shop-without-session');
  await page.goto(await startLink(request, origins));
  await expectInShop(page);
  await judge(page, 'shop-shelves');
  await addToCart(page, WRENCH, GLOVES);
  await page.getByRole('listitem').filter({ hasText: `· ${GLOVES}` }).getByRole('heading').getByRole('link').click();
  await expect(page.getByRole('heading', { name: /^More from/ })).toBeVisible();
  await judge(page, 'shop-product');
  await page.getByRole('button', { name: /^Cart, / }).click();
  await expect(page.getByRole('dialog')).toBeVisible();
  await judge(page, 'shop-drawer');
  await page.getByRole('link', { name: 'Review and transfer' }).click();
  await expect(page.getByRole('button', { name: 'Transfer cart' })).toBeVisible();
  await judge(page, 'shop-cart');
});

test('shop: the public pages', async ({ page, origins, judge }) => {
  test.slow();
  for (const [name, address] of [['home', '/'], ['products', '/products'], ['public-product', `/products/${WRENCH}`], ['missing', '/nothing']]) {
    await page.goto(origins.shop + address);
    await judge(page, `shop-${name}`);
  }
});

test('ERP: dashboard, customers, orders, documents', async ({ page, origins, judge }) => {
  test.slow();
  for (const [name, address] of [
    ['dashboard', '/'], ['customers', '/customers'], ['customer', '/customers/C-1001'], ['customer-on-hold', '/customers/C-1003'],
    ['orders', '/orders'], ['documents', '/documents'], ['break', '/break'],
  ]) {
    await page.goto(origins.erp + address);
    await judge(page, `erp-${name}`);
  }
  await page.goto(`${origins.erp}/orders`);
  await page.getByRole('link', { name: /^SO-/ }).first().click();
  await expect(page.getByRole('heading', { level: 1, name: /^SO-/ })).toBeVisible();
  await judge(page, 'erp-order');
});

test('gateway: start and return pages', async ({ page, request, origins, judge }) => {
  test.slow();
  const link = await startLink(request, origins, 'cobalt');
  await holdStill(page, origins);
  await page.goto(link);
  await expect(page.getByRole('heading', { name: 'Opening the catalogue' })).toBeVisible();
  await judge(page, 'gateway-start');
  await page.getByRole('button', { name: 'Continue' }).click();
  await expectInShop(page);
  await expect(page.getByRole('alert')).toBeVisible();
  await judge(page, 'shop-on-hold');
  await addToCart(page, WRENCH);
  await openCart(page);
  await judge(page, 'shop-cart-on-hold');
  await transfer(page);
  await expect(page.getByRole('heading', { name: 'Transferring your cart' })).toBeVisible();
  await judge(page, 'gateway-return');
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByRole('heading', { name: 'Before you transfer the cart' })).toBeVisible();
  await judge(page, 'gateway-question');
  await page.getByRole('button', { name: 'Transfer the cart' }).click();
  await expect(page.getByRole('heading', { name: 'Your cart is ready' })).toBeVisible();
  await judge(page, 'gateway-post');
});

test('gateway: refusals', async ({ page, request, browser, origins, judge }) => {
  test.slow();
  const link = await startLink(request, origins);
  const context = await browser.newContext();
  const other = await context.newPage();
  await other.goto(link);
  await expectInShop(other);
  await page.goto(link);
  await expect(page.getByRole('heading', { name: 'This link has been used' })).toBeVisible();
  await judge(page, 'gateway-used');
  await page.goto(`${link}AAAA`);
  await expect(page.getByRole('heading', { name: 'This link is not valid' })).toBeVisible();
  await judge(page, 'gateway-unknown');
  await other.getByRole('button', { name: 'Cancel and go back' }).click();
  await other.waitForURL(`${origins.suite}/**`);
  await other.goto(link);
  await expect(other.getByRole('heading', { name: 'This session is closed' })).toBeVisible();
  await judge(other, 'gateway-closed');
  await context.close();
});

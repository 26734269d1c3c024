// What the people of the demo do, in a shopper's or a clerk's words: pages are found by what they show.
// Expectations that every path shares stand here; what a path proves stands in its spec.
import { expect } from '@playwright/test';

export const WRENCH = 'TL-1010';
export const GLOVES = 'SF-3080';

/** Opens the suite's home page of a buying company. */
export async function openSuite(page, origins, buyer = 'acme') {
  await page.goto(`${origins.suite}/buyers/${buyer}`);
  await expect(page.getByRole('heading', { name: /what do you need/ })).toBeVisible();
}

/** Presses a button of the suite that opens a tab; resolves to that tab, on the shop's shelves or its cart. */
export async function punchOutInTab(page, button = /Shop at Ironquay/) {
  const opened = page.context().waitForEvent('page');
  await page.getByRole('button', { name: button }).click();
  const tab = await opened;
  await expectInShop(tab);
  return tab;
}

/** Punches out inside the suite's page; resolves to the frame. */
export async function punchOutInFrame(page, button = /in a frame/) {
  await page.getByRole('button', { name: button }).click();
  const frame = page.frameLocator('iframe.shop-frame');
  await expectInShop(frame);
  return frame;
}

/** The shop has signed the shopper in. */
export async function expectInShop(shop) {
  await expect(shop.getByRole('region', { name: 'Punchout session' })).toBeVisible();
  await expect(shop.getByRole('heading', { level: 1 })).toBeVisible();
}

/** Puts products into the cart, each looked up by its part number. */
export async function addToCart(shop, ...skus) {
  for (const sku of skus) {
    await shop.getByRole('searchbox', { name: 'Search products' }).fill(sku);
    await shop.getByRole('button', { name: 'Search', exact: true }).click();
    const card = shop.getByRole('listitem').filter({ hasText: `· ${sku}` });
    const before = await cartCount(shop);
    await card.getByRole('button', { name: /^Add .* to cart$/ }).click();
    await expect(shop.locator('#cart-count')).not.toHaveText(before);
  }
}

/** How many lines the shop says are in the cart. */
export function cartCount(shop) {
  return shop.locator('#cart-count').innerText();
}

/** Opens the cart's page. */
export async function openCart(shop) {
  await shop.getByRole('button', { name: /^Cart, / }).click();
  await shop.getByRole('link', { name: /Review and transfer|View cart/ }).click();
  await expect(shop.getByRole('heading', { level: 1, name: /cart/ })).toBeVisible();
}

/** Transfers the cart from its page. */
export async function transfer(shop) {
  await shop.getByRole('button', { name: 'Transfer cart' }).click();
}

/** Transfers although the gateway warns. */
export async function transferAnyway(tab) {
  await transfer(tab);
  await expect(tab.getByRole('heading', { name: 'Before you transfer the cart' })).toBeVisible();
  await tab.getByRole('button', { name: 'Transfer the cart' }).click();
}

/** The rows of the requisition or order that the page shows. */
export function lines(page) {
  return page.getByRole('region', { name: 'Lines, table' }).locator('tbody tr');
}

/** The page is a requisition with this many lines. */
export async function expectRequisition(page, count) {
  await expect(page.getByRole('heading', { level: 1, name: /^Requisition R/ })).toBeVisible();
  await expect(lines(page)).toHaveCount(count);
  await expect(page.getByText('Deviation')).toHaveCount(0);
}

/** The keys of the page's lines (SupplierPartAuxiliaryID), by which an edit finds them again: every line has one. */
export async function keys(page) {
  const found = await lines(page).getByTitle('SupplierPartAuxiliaryID').allInnerTexts();
  expect(found).toHaveLength(await lines(page).count());
  return found;
}

/** The quantities of the page's lines, without their units. */
export async function quantities(page) {
  const table = page.getByRole('region', { name: 'Lines, table' });
  const column = (await table.locator('thead th').allTextContents()).indexOf('Quantity') + 1;
  return (await table.locator(`tbody td:nth-child(${column})`).allTextContents()).map((text) => Number.parseFloat(text));
}

/** Submits the requisition; resolves to the PO number. */
export async function submitOrder(page) {
  await page.getByRole('button', { name: 'Submit order' }).click();
  const heading = page.getByRole('heading', { level: 1, name: /^PO\d+$/ });
  await expect(heading).toBeVisible();
  return heading.innerText();
}

/** The order's page says that the supplier has confirmed it. */
export async function expectConfirmed(page) {
  await expect(page.locator('.title .pill')).toHaveText('Confirmed', { timeout: 20_000 });
  await expect(page.getByText('Names this order, its lines and units')).toHaveCount(1);
}

/** How many sales orders the ERP has for a PO. */
export async function salesOrders(page, origins, purchaseOrder) {
  await page.goto(`${origins.erp}/orders?q=${purchaseOrder}`);
  return page.getByRole('region', { name: 'Sales orders, table' }).locator('tbody tr').count();
}

/** The clerk puts a customer on hold with a message for shoppers. */
export async function placeHold(page, origins, customer, message) {
  await page.goto(`${origins.erp}/customers/${customer}`);
  await page.getByLabel('Text for the shopper').fill(message);
  await page.getByRole('button', { name: 'Place hold' }).click();
  await expect(page.getByText('The hold is in force.')).toBeVisible();
}

/** The clerk releases the one hold of a customer. */
export async function releaseHold(page, origins, customer, reason) {
  await page.goto(`${origins.erp}/customers/${customer}`);
  await page.getByLabel(/^Reason for the release/).fill(reason);
  await page.getByRole('button', { name: 'Release' }).click();
  await expect(page.getByText('The hold is released.')).toBeVisible();
}

/** A start link of the suite that nobody has opened yet. */
export async function startLink(request, origins, buyer = 'acme') {
  const response = await request.post(`${origins.suite}/buyers/${buyer}/punchout`, { form: { view: 'tab' }, maxRedirects: 0 });
  const link = response.headers().location ?? '';
  expect(link).toMatch(new RegExp(`^${origins.gateway}/punchout/start/`));
  return link;
}

// The main job in a new tab: requisition, shop, cart back, edit, order, ERP, confirmation.
import { expect, test } from '../demo.js';
import {
  GLOVES, WRENCH, addToCart, expectConfirmed, expectRequisition, keys, lines, openCart, openSuite, punchOutInTab, quantities, salesOrders,
  submitOrder, transfer,
} from '../journey.js';

test('a cart comes back from a new tab, is edited, ordered once in the ERP and confirmed', async ({ page, origins }) => {
  await openSuite(page, origins);
  const shop = await punchOutInTab(page);
  expect(new URL(shop.url()).origin).toBe(origins.shop);
  await addToCart(shop, WRENCH, GLOVES);
  await openCart(shop);
  await transfer(shop);
  await expectRequisition(shop, 2);
  await expect(lines(shop).nth(0)).toContainText(WRENCH);
  await expect(lines(shop).nth(1)).toContainText(GLOVES);
  const keysBefore = await keys(shop);

  const edit = await punchOutInTab(shop, /Edit cart in a new tab/);
  await expect(edit.getByRole('heading', { name: 'Edit your cart' })).toBeVisible();
  const quantity = edit.getByRole('textbox', { name: /^Quantity of/ }).first();
  await expect(quantity).toHaveValue('1');
  await edit.getByRole('button', { name: /^One more of/ }).first().click();
  await expect(quantity).toHaveValue('2');
  await transfer(edit);
  await expectRequisition(edit, 2);
  expect(await keys(edit)).toEqual(keysBefore);
  expect(await quantities(edit)).toEqual([2, 1]);

  const purchaseOrder = await submitOrder(edit);
  await expectConfirmed(edit);
  expect(await salesOrders(page, origins, purchaseOrder)).toBe(1);
  await page.getByRole('link', { name: /^SO-/ }).click();
  await expect(page.getByText(purchaseOrder, { exact: true })).toBeVisible();
  await expect(lines(page)).toHaveCount(2);
});

test('leaving an edit without transfer leaves the requisition as it was', async ({ page, origins }) => {
  await openSuite(page, origins);
  const shop = await punchOutInTab(page);
  await addToCart(shop, WRENCH, GLOVES);
  await openCart(shop);
  await transfer(shop);
  await expectRequisition(shop, 2);
  const before = await lines(shop).allInnerTexts();

  const edit = await punchOutInTab(shop, /Edit cart in a new tab/);
  await edit.getByRole('button', { name: /^Remove/ }).first().click();
  await expect(edit.getByRole('button', { name: /^Remove/ })).toHaveCount(1);
  await edit.getByRole('button', { name: 'Cancel and go back' }).click();
  await expectRequisition(edit, 2);
  expect(await lines(edit).allInnerTexts()).toEqual(before);
});

test('an edit emptied on purpose asks before it deletes the lines', async ({ page, origins }) => {
  await openSuite(page, origins);
  const shop = await punchOutInTab(page);
  await addToCart(shop, WRENCH);
  await openCart(shop);
  await transfer(shop);
  await expectRequisition(shop, 1);

  const edit = await punchOutInTab(shop, /Edit cart in a new tab/);
  await edit.getByRole('button', { name: /^Remove/ }).click();
  await expect(edit.getByRole('heading', { name: 'Your cart is empty' })).toBeVisible();
  await edit.getByRole('button', { name: 'Transfer the empty cart' }).click();
  await expect(edit.getByRole('heading', { name: 'Delete all lines?' })).toBeVisible();
  await edit.getByRole('button', { name: 'Leave my requisition as it was' }).click();
  await expectRequisition(edit, 1);
});

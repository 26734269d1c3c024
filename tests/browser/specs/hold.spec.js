// A hold in the ERP: shoppers read its message, an order sent anyway waits, and goes on once when it is released.
import { expect, test } from '../demo.js';
import {
  WRENCH, addToCart, expectConfirmed, expectRequisition, openCart, openSuite, placeHold, punchOutInTab, releaseHold, salesOrders,
  submitOrder, transferAnyway,
} from '../journey.js';

const MESSAGE = 'Invoice 2871 is past due. Please call accounts receivable at extension 14.';

test('the hold message reaches the next shopper; the order waits for the release and is entered once', async ({ page, freshDemo }) => {
  const { origins } = freshDemo;
  await placeHold(page, origins, 'C-1001', MESSAGE);
  await openSuite(page, origins);
  const shop = await punchOutInTab(page);
  const banner = shop.getByRole('alert').filter({ hasText: MESSAGE });
  // The gateway reads the ERP's changes once a second.
  await expect(async () => {
    await shop.reload();
    await expect(banner).toBeVisible({ timeout: 1_000 });
  }).toPass();
  await addToCart(shop, WRENCH);
  await openCart(shop);
  await expect(shop.getByRole('complementary', { name: 'Summary' })).toContainText(MESSAGE);
  await transferAnyway(shop);
  await expectRequisition(shop, 1);
  const purchaseOrder = await submitOrder(shop);
  await expect(shop.getByText('an order on hold waits for the release')).toBeVisible();
  await expect.poll(() => stateOf(origins, purchaseOrder)).toBe('held');
  expect(await salesOrders(page, origins, purchaseOrder)).toBe(0);

  await releaseHold(page, origins, 'C-1001', 'Paid by wire');
  await expectConfirmed(shop);
  expect(await salesOrders(page, origins, purchaseOrder)).toBe(1);

  await shop.getByRole('button', { name: 'Send the same PO again' }).click();
  await expect(shop.getByText('sent 2 times')).toBeVisible();
  expect(await salesOrders(page, origins, purchaseOrder)).toBe(1);
});

/** What the gateway's API says of an order, asked with the demo's reading key. */
async function stateOf(origins, purchaseOrder) {
  const response = await fetch(`${origins.gateway}/api/v1/orders?search=${purchaseOrder}`, {
    headers: { authorization: 'Bearer pg_ironquay_demo_demoLookerKey00000000000000000000001' },
  });
  const { items } = await response.json();
  return items[0]?.state;
}

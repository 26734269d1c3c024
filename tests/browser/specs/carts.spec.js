// One cart a session: shoppers do not see each other's, and a shopper's tabs share one.
import { expect, test } from '../demo.js';
import { GLOVES, WRENCH, addToCart, cartCount, expectInShop, expectRequisition, lines, openCart, startLink, transfer } from '../journey.js';

test('two shoppers at once have carts of their own', async ({ browser, request, origins }) => {
  const shoppers = await Promise.all([['acme', WRENCH], ['borealis', GLOVES], ['acme', GLOVES]].map(async ([buyer, sku]) => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(await startLink(request, origins, buyer));
    await expectInShop(page);
    return { context, page, sku };
  }));
  await Promise.all(shoppers.map(({ page, sku }) => addToCart(page, sku)));
  for (const { context, page, sku } of shoppers) {
    expect(await cartCount(page)).toBe('1');
    await openCart(page);
    await transfer(page);
    await expectRequisition(page, 1);
    await expect(lines(page)).toContainText(sku);
    await context.close();
  }
});

test('a shopper who opens a product in a second tab has the same cart there', async ({ page, context, request, origins }) => {
  await page.goto(await startLink(request, origins));
  await addToCart(page, WRENCH);
  const opened = context.waitForEvent('page');
  await page.getByRole('listitem').filter({ hasText: `· ${WRENCH}` }).getByRole('heading').getByRole('link')
    .click({ modifiers: ['ControlOrMeta'] });
  const second = await opened;
  await expectInShop(second);
  expect(await cartCount(second)).toBe('1');
  await addToCart(second, GLOVES);

  await openCart(page);
  await expect(page.getByRole('button', { name: /^Remove/ })).toHaveCount(2);
  await transfer(page);
  await expectRequisition(page, 2);
});

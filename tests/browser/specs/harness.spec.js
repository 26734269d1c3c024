// The harness itself: the browser opens pages, axe finds what is wrong, a demo that does not start is named as such.
import { parseOrigins, startDemo, expect, test } from '../demo.js';

const pageOf = (body) =>
  'data:text/html,' + encodeURIComponent(`<!doctype html><html lang="en"><title>Cart</title><main>${body}</main></html>`);

test('the browser opens a page and runs its scripts', async ({ page }) => {
  await page.goto(pageOf('<h1>Cart</h1><button onclick="this.textContent = \'Returned\'">Return</button>'));
  await page.getByRole('button', { name: 'Return' }).click();
  await expect(page.getByRole('button')).toHaveText('Returned');
});

test('axe accepts a page that is in order', async ({ page, expectAccessible }) => {
  await page.goto(pageOf('<h1>Cart</h1><label>Quantity <input></label>'));
  await expectAccessible(page);
});

test('axe names an input without a label', async ({ page, expectAccessible }) => {
  await page.goto(pageOf('<h1>Cart</h1><input>'));
  await expect(expectAccessible(page)).rejects.toThrow(/label: /);
});

test('the origins of a demo are four URLs', () => {
  const line = '{"suite":"http://localhost:1","gateway":"http://127.0.0.1:2","shop":"http://127.0.0.1:3","erp":"http://127.0.0.1:4"}';
  expect(parseOrigins(line).suite).toBe('http://localhost:1');
  expect(() => parseOrigins('{"suite":"http://localhost:1"}')).toThrow(/no origin `gateway`/);
});

test('a demo that ends before it answers fails with what it said', async () => {
  const script = ['-e', 'console.error("port taken"); process.exit(3)', '--'];
  await expect(startDemo({ command: process.execPath, before: script })).rejects.toThrow(/ended with 3[^]*port taken/);
});

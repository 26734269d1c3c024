// Many shoppers at the same moment on a real Vendure: none meets another's transaction.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { add, cart, entered, move, quantities, skip } from './shop.mjs';

test('carts that are filled, locked and returned at once stay apart', { skip }, async () => {
  const shoppers = Array.from({ length: 12 }, (_, at) => at + 1);
  const carts = await Promise.all(
    shoppers.map(async (quantity) => {
      const { bearer, id } = await entered();
      const added = await add(bearer, 'HX-1001', quantity);
      const locked = await move(id, 'locked');
      const returned = await move(id, 'returned');
      return { added: added.refused, locked: locked.state, returned: returned.state, lines: quantities((await cart(id)).lines) };
    }),
  );
  const whole = shoppers.map((quantity) => ({
    added: undefined, locked: 'locked', returned: 'returned', lines: [['HX-1001', quantity]],
  }));
  assert.deepEqual(carts, whole);
});

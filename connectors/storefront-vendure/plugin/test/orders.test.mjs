// Purchase orders that the gateway cancels, on a real Vendure.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';

import { admin, entered, gateway, shopper, skip } from './shop.mjs';

async function place(over = {}) {
  const input = {
    reference: randomUUID(), account: 'C-ACME', number: 'PO-1', currency: 'USD', test: false, freight: '9.90', comments: [],
    shipTo: { company: 'Acme', street: ['12 Mill Lane'], city: 'Dayton', country: 'US' },
    lines: [{ line: 1, sku: 'HX-1001', quantity: '4', unit: 'EA', unitPrice: '16.28' }], ...over,
  };
  const query = 'mutation($input: PunchoutOrderInput!) { placePunchoutOrder(input: $input) { outcome order { id state } } }';
  const { data, errors } = await gateway(query, { input });
  assert.equal(errors, undefined, JSON.stringify(errors));
  assert.equal(data.placePunchoutOrder.outcome, 'created');
  return { reference: input.reference, id: data.placePunchoutOrder.order.id };
}

const CANCEL = `mutation($reference: String!) {
  cancelPunchoutOrder(reference: $reference, reason: "Withdrawn by the buyer") {
    outcome code message order { id state payment lines { ordered shipped cancelled } }
  }
}`;

async function cancel(reference) {
  const { data, errors } = await gateway(CANCEL, { reference });
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data.cancelPunchoutOrder;
}

test('an order is cancelled as a whole, once and again, also at the same time', { skip }, async () => {
  const { reference, id } = await place();
  const done = {
    outcome: 'cancelled', code: null, message: null,
    order: { id, state: 'Cancelled', payment: 'none', lines: [{ ordered: 4, shipped: 0, cancelled: 4 }] },
  };
  assert.deepEqual(await Promise.all([cancel(reference), cancel(reference)]), [done, done]);
  assert.deepEqual(await cancel(reference), done);
  const { order } = await admin('query($id: ID!) { order(id: $id) { totalWithTax payments { state } } }', { id });
  assert.deepEqual(order, { totalWithTax: 0, payments: [{ state: 'Cancelled' }] });
});

test('a test order that stayed a draft is cancelled, too', { skip }, async () => {
  const { reference } = await place({ test: true });
  assert.equal((await cancel(reference)).order?.state, 'Cancelled');
});

test('an order of which something is packed is not cancelled, and stays as it is', { skip }, async () => {
  const { reference, id } = await place();
  const { order } = await admin('query($id: ID!) { order(id: $id) { lines { id } } }', { id });
  const fulfil = `mutation($line: ID!) {
    addFulfillmentToOrder(input: { lines: [{ orderLineId: $line, quantity: 1 }], handler: { code: "manual-fulfillment", arguments: [
      { name: "method", value: "Carrier" }, { name: "trackingCode", value: "T-1" }] } }) { __typename }
  }`;
  assert.equal((await admin(fulfil, { line: order.lines[0].id })).addFulfillmentToOrder.__typename, 'Fulfillment');
  const refused = await cancel(reference);
  assert.deepEqual([refused.outcome, refused.code], ['rejected', 'fulfilled']);
  assert.match(refused.message, /packed or shipped/);
  assert.deepEqual([refused.order.state, refused.order.payment], ['PaymentAuthorized', 'authorised']);
  assert.deepEqual(refused.order.lines, [{ ordered: 4, shipped: 0, cancelled: 0 }]);
});

test('what there is not is unknown, and nobody but the gateway cancels', { skip }, async () => {
  assert.deepEqual(await cancel('no-such-order'), { outcome: 'unknown', code: null, message: null, order: null });
  const { reference } = await place();
  const { bearer } = await entered();
  assert.ok((await shopper(bearer, CANCEL, { reference })).errors);
});

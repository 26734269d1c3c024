// What needs no shop: logins as text, amounts, signatures, options.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createRequire } from 'node:module';
import { test } from 'node:test';

const require = createRequire(import.meta.url);
const { amountText, minorUnits, wholeQuantity } = require('../dist/amounts.js');
const { ApiKeyHashing } = require('../dist/api-key-hashing.js');
const { readLogin, signLogin } = require('../dist/login-token.js');
const { resolveOptions } = require('../dist/options.js');
const { purchaseOrderFreight } = require('../dist/order-prices.js');
const { signedHeaders, signingKey, webhookBackoff } = require('../dist/webhook-signature.js');

const SECRET = 'a secret of at least thirty-two characters';
const NOW = new Date('2026-03-01T09:30:00Z');
const CLAIMS = { jti: 'j-1', sub: 's-1', aud: 'channel', exp: NOW.getTime() / 1000 + 60 };

const encoded = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const signed = (header, payload, secret = SECRET) =>
  `${header}.${payload}.${createHmac('sha256', secret).update(`${header}.${payload}`).digest('base64url')}`;

test('a login is read as it was signed', () => {
  assert.deepEqual(readLogin(signLogin(CLAIMS, SECRET), SECRET, 'channel', NOW), CLAIMS);
});

test('a login that is not ours is refused', () => {
  const good = signLogin(CLAIMS, SECRET);
  const [header, payload, signature] = good.split('.');
  const other = encoded({ iss: 'punchgate-vendure', ...CLAIMS, sub: 's-2' });
  const cases = [
    ['', 'malformed'],
    ['a.b', 'malformed'],
    [`${good}.x`, 'malformed'],
    ['x'.repeat(5000), 'malformed'],
    [signed(header, Buffer.from('no json').toString('base64url')), 'malformed'],
    [signed(header, encoded({ iss: 'punchgate-vendure', ...CLAIMS, exp: 'never' })), 'malformed'],
    [`${header}.${other}.${signature}`, 'forged'],
    [`${header}.${payload}.${signature.slice(0, -4)}`, 'forged'],
    [`${header}.${payload}.`, 'forged'],
    [signLogin(CLAIMS, `${SECRET}!`), 'forged'],
    [`${encoded({ alg: 'none' })}.${payload}.`, 'forged'],
    [signed(encoded({ alg: 'HS256', typ: 'JWT', kid: 'x' }), payload), 'forged'],
    [signed(header, encoded({ iss: 'another', ...CLAIMS })), 'foreign'],
    [signLogin({ ...CLAIMS, aud: 'other channel' }, SECRET), 'foreign'],
    [signLogin({ ...CLAIMS, exp: NOW.getTime() / 1000 }, SECRET), 'expired'],
  ];
  for (const [token, problem] of cases) {
    assert.equal(readLogin(token, SECRET, 'channel', NOW), problem, token.slice(0, 80));
  }
});

test('quantities are whole and greater than zero', () => {
  const cases = [
    ['1', 1], ['12.000', 12], ['2147483647', 2147483647],
    ['0', undefined], ['-1', undefined], ['2.5', undefined], ['2147483648', undefined], ['1e3', undefined], ['', undefined], ['NaN', undefined],
  ];
  for (const [text, expected] of cases) assert.equal(wholeQuantity(text), expected, text);
});

test('prices become minor units exactly or not at all', () => {
  const cases = [
    ['12.4', '1', 2, 1240], ['12.40000', '1', 2, 1240], ['0.0125', '1', 2, undefined], ['1.25', '100', 2, undefined],
    ['125', '100', 2, 125], ['1', '3', 2, undefined], ['9', '0.5', 2, 1800], ['7', '1', 0, 7], ['7.5', '1', 0, undefined],
    ['0.0125', '1', 4, 125], ['5', '0', 2, undefined], ['-1', '1', 2, undefined], ['99999999999999999', '1', 2, undefined],
  ];
  for (const [amount, basis, decimals, expected] of cases) {
    assert.equal(minorUnits(amount, basis, decimals), expected, `${amount} for ${basis}`);
  }
});

test('amounts are told to people in decimals', () => {
  for (const [minor, decimals, text] of [[1240, 2, '12.40'], [5, 2, '0.05'], [0, 2, '0.00'], [-5, 2, '-0.05'], [7, 0, '7'], [12, 3, '0.012']]) {
    assert.equal(amountText(minor, decimals), text);
  }
});

test('freight is that of a purchase order, and else that of the shop', async () => {
  const asked = [];
  const shop = {
    code: 'rate', args: {}, description: [],
    calculate: (ctx, order, args, method) => {
      asked.push([ctx, order, args, method]);
      return order.lines ? { price: 990, priceIncludesTax: true, taxRate: 8, metadata: { days: 2 } } : undefined;
    },
  };
  const calculator = purchaseOrderFreight(shop);
  const method = { calculator: { code: 'rate', args: [{ name: 'rate', value: '990' }] } };
  const quote = (customFields, lines = []) => calculator.calculate('ctx', { customFields, lines }, method.calculator.args, method);
  const ofShop = { price: 990, priceIncludesTax: true, taxRate: 8, metadata: { days: 2 } };
  assert.deepEqual(await quote({ punchoutFreight: null }), ofShop);
  assert.deepEqual(await quote({ punchoutFreight: 0 }), { ...ofShop, price: 0, priceIncludesTax: false });
  assert.deepEqual(await quote({ punchoutFreight: 1234 }), { ...ofShop, price: 1234, priceIncludesTax: false });
  assert.equal(await quote({ punchoutFreight: 1234 }, null), undefined, 'what the method does not carry, it does not carry');
  assert.deepEqual(asked[0].slice(2), [method.calculator.args, method], 'the shop is asked as ever');
});

test('events are signed with every key', () => {
  const keys = ['whsec_' + Buffer.alloc(32, 1).toString('base64'), 'whsec_' + Buffer.alloc(24, 2).toString('base64')].map(signingKey);
  const headers = signedHeaders('msg_1', NOW, '{"type":"x"}', keys);
  const expected = keys.map((key) => 'v1,' + createHmac('sha256', key).update(`msg_1.${NOW.getTime() / 1000}.{"type":"x"}`).digest('base64'));
  assert.deepEqual(headers, {
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(NOW.getTime() / 1000),
    'webhook-signature': expected.join(' '),
  });
  for (const bad of ['', 'secret', 'whsec_c2hvcnQ=']) assert.throws(() => signingKey(bad), /24 to 64/);
});

// The same message stands in the gateway's test of the scheme `vendure`: what is signed here is taken there.
test('an event is signed as the gateway expects it', () => {
  const key = signingKey('whsec_' + Buffer.alloc(32, 1).toString('base64'));
  const body = '{"type":"order.state","timestamp":"2026-03-01T09:30:00.000Z","data":{"order":"T1"}}';
  assert.deepEqual(signedHeaders('msg_1', NOW, body, [key]), {
    'webhook-id': 'msg_1',
    'webhook-timestamp': '1772357400',
    'webhook-signature': 'v1,vbDumgVwxXxXBCuX+DG0Ew2NmH3ChEl38gBYvWhvWOM=',
  });
});

test('options that cannot be right are refused', () => {
  const good = { loginSecret: SECRET, publicUrl: 'https://shop.example/' };
  assert.equal(resolveOptions(good).storefrontUrl, 'https://shop.example/punchout/shop');
  assert.equal(resolveOptions(good).orderShipping, 'purchase-order');
  const cases = [
    [{ ...good, loginSecret: 'short' }, /32 random/],
    [{ ...good, publicUrl: 'shop.example' }, /publicUrl/],
    [{ ...good, publicUrl: 'javascript:alert(1)' }, /publicUrl/],
    [{ ...good, storefrontUrl: 'https://shop.example/#/app' }, /fragment/],
    [{ ...good, loginSeconds: 301 }, /1 to 300/],
    [{ ...good, orderShipping: 'free' }, /orderShipping/],
    [{ ...good, webhook: { url: 'ftp://x', secret: '' } }, /webhook.url/],
  ];
  for (const [options, message] of cases) assert.throws(() => resolveOptions(options), message);
});

test('API keys are compared with their hash', async () => {
  const hashing = new ApiKeyHashing();
  const hash = await hashing.hash('lookup:secret');
  assert.ok(!hash.includes('secret'));
  assert.equal(await hashing.check('lookup:secret', hash), true);
  assert.equal(await hashing.check('lookup:other', hash), false);
  assert.equal(await hashing.check('lookup:secret', ''), false);
});

test('attempts come ever later, an hour apart at most', () => {
  assert.deepEqual([0, 1, 2, 3].map((attempts) => webhookBackoff('q', attempts)), [1000, 1000, 3000, 9000]);
  assert.equal(webhookBackoff('q', 40), 3_600_000);
});

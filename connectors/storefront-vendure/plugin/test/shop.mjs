// A shop that `scripts/vendure run` serves, and those who speak to it: the gateway, browsers, an administrator.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

const env = (name) => process.env[`PUNCHGATE_TEST_VENDURE${name}`];

export const base = env('');
export const secrets = { login: env('_LOGIN_SECRET'), webhook: env('_WEBHOOK_SECRET') };
export const webhookUrl = env('_WEBHOOK_URL');
export const skip = base ? false : 'PUNCHGATE_TEST_VENDURE is not set, the real Vendure was not tried';

async function call(api, query, variables, headers = {}) {
  const answer = await fetch(`${base}/${api}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  });
  const body = await answer.json();
  return { ...body, token: answer.headers.get('vendure-auth-token'), cookies: answer.headers.getSetCookie() };
}

/** As the gateway. */
export const gateway = (query, variables) => call('admin-api', query, variables, { 'vendure-api-key': env('_KEY') });

/** As a browser, with the bearer of its session or without. */
export const shopper = (token, query, variables, headers = {}) =>
  call('shop-api', query, variables, token ? { authorization: `Bearer ${token}`, ...headers } : headers);

let administrator;
/** As somebody of the shop, in its administration. */
export async function admin(query, variables) {
  if (!administrator) {
    const login = 'mutation($p: String!) { login(username: "superadmin", password: $p) { __typename } }';
    administrator = (await call('admin-api', login, { p: env('_ADMIN_PASSWORD') })).token;
  }
  const answer = await call('admin-api', query, variables, { authorization: `Bearer ${administrator}` });
  assert.equal(answer.errors, undefined, JSON.stringify(answer.errors));
  return answer.data;
}

/** Opens a session; `over` replaces parts of the request. */
export async function open(over = {}) {
  const input = {
    key: randomUUID(), mode: 'create', account: 'C-ACME', shopper: 'Bea Ortiz', items: [], notices: [],
    returnUrl: 'https://gateway.example/return/1', cancelUrl: 'https://gateway.example/cancel/1',
    expiresAt: new Date(Date.now() + 3_600_000).toISOString(), ...over,
  };
  const query = `mutation($input: PunchoutOpenInput!) {
    openPunchoutSession(input: $input) { id loginUrl loginExpiresAt refused { line code } }
  }`;
  const { data, errors } = await gateway(query, { input });
  assert.equal(errors, undefined, JSON.stringify(errors));
  return { ...data.openPunchoutSession, input, login: data.openPunchoutSession.loginUrl.split('#punchout=')[1] };
}

/** Redeems a login; its text of refusal, or the bearer of the session. */
export async function redeem(login, headers) {
  const query = `mutation($token: String!) {
    authenticate(input: { punchgate: { token: $token } }) {
      __typename ... on CurrentUser { identifier } ... on InvalidCredentialsError { authenticationError }
    }
  }`;
  const answer = await shopper(undefined, query, { token: login }, headers);
  assert.equal(answer.errors, undefined, JSON.stringify(answer.errors));
  assert.deepEqual(answer.cookies, [], 'no cookie is set');
  const { __typename, authenticationError } = answer.data.authenticate;
  return __typename === 'CurrentUser' ? { bearer: answer.token } : { refused: authenticationError };
}

/** A session and a browser in it. */
export async function entered(over) {
  const opened = await open(over);
  const { bearer, refused } = await redeem(opened.login);
  assert.equal(refused, undefined);
  return { ...opened, bearer };
}

export async function variantId(sku) {
  const query = 'query($sku: String!) { productVariants(options: { filter: { sku: { eq: $sku } } }) { items { id } } }';
  return (await admin(query, { sku })).productVariants.items[0].id;
}

/** Adds to the cart; the order, or the text of refusal. */
export async function add(bearer, sku, quantity = 1) {
  const query = `mutation($id: ID!, $quantity: Int!) {
    addItemToOrder(productVariantId: $id, quantity: $quantity) {
      __typename ... on Order { code state lines { id quantity unitPrice productVariant { sku } } }
      ... on OrderInterceptorError { interceptorError } ... on ErrorResult { message }
    }
  }`;
  const { data, errors } = await shopper(bearer, query, { id: await variantId(sku), quantity });
  if (errors) return { refused: errors[0].message };
  const result = data.addItemToOrder;
  return result.__typename === 'Order' ? result : { refused: result.interceptorError ?? result.message };
}

const CART = `id session mode state revision currency decimals subTotal shipping tax refused { line code }
  lines { sku auxiliaryId quantity unit unitPrice linePrice }`;

export async function cart(id) {
  const { data, errors } = await gateway(`query($id: String!) { punchoutCart(id: $id) { ${CART} } }`, { id });
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data.punchoutCart;
}

/** Moves a cart; the cart, or the reason of refusal. */
export async function move(id, to) {
  const query = `mutation($id: String!, $to: PunchoutCartState!) { movePunchoutCart(id: $id, to: $to) { ${CART} } }`;
  const { data, errors } = await gateway(query, { id, to });
  return errors ? { refused: errors[0].extensions.reason } : data.movePunchoutCart;
}

export const quantities = (lines) => lines.map((line) => [line.sku ?? line.productVariant.sku, line.quantity]);

/** Asks until the answer is yes, for a while. */
export async function until(asked) {
  const end = Date.now() + 120_000;
  while (!(await asked())) assert.ok(Date.now() < end, 'it did not come true in time');
}

// The plain storefront of the plugin: search, cart, and the punchout bar. It shows what the server says and
// sends part and quantity only; no price goes from here to anywhere.
import { button, element, enter, sessionBar } from './punchout.js';

const ORDER = `currencyCode subTotal lines { id quantity unitPrice linePrice productVariant { sku name } }`;
const CHANGED = `__typename ... on Order { ${ORDER} } ... on OrderInterceptorError { interceptorError } ... on ErrorResult { message }`;

const $ = (id) => document.getElementById(id);
let session;
let bar;

function say(text) {
  $('said').textContent = text;
}

function money(minor, currency) {
  return new Intl.NumberFormat('en', { style: 'currency', currency }).format(minor / 100);
}

/** Does something to the cart and shows it; a refusal in words, and the session as it is now. */
async function change(query, variables) {
  say('');
  try {
    const [result] = Object.values(await session.call(query, variables));
    if (result.__typename !== 'Order') throw new Error(result.interceptorError ?? result.message);
    showCart(result);
  } catch (error) {
    say(error.message);
    await session.refresh();
    bar.draw();
  }
}

async function loadCart() {
  const { activeOrder } = await session.call(`query { activeOrder { ${ORDER} } }`);
  showCart(activeOrder);
}

function showCart(order) {
  const open = session.info.state === 'open' && session.info.mode !== 'inspect';
  // Lines that were put in together come in no order of their own.
  const lines = [...(order?.lines ?? [])].sort((one, other) => Number(one.id) - Number(other.id));
  const rows = lines.map((line) => row(line, order.currencyCode, open));
  $('lines').replaceChildren(...rows);
  $('total').textContent = rows.length ? `Total without tax: ${money(order.subTotal, order.currencyCode)}` : 'The cart is empty.';
}

function row(line, currency, open) {
  const { sku, name } = line.productVariant;
  const made = element('tr');
  const quantity = element('td');
  if (open) {
    const input = element('input', { type: 'number', min: '1', value: String(line.quantity) });
    input.setAttribute('aria-label', `Quantity of ${name}`);
    const query = `mutation($id: ID!, $quantity: Int!) { adjustOrderLine(orderLineId: $id, quantity: $quantity) { ${CHANGED} } }`;
    input.addEventListener('change', () => change(query, { id: line.id, quantity: Number(input.value) }));
    quantity.append(input);
  } else {
    quantity.textContent = String(line.quantity);
  }
  const last = element('td');
  const remove = `mutation($id: ID!) { removeOrderLine(orderLineId: $id) { ${CHANGED} } }`;
  if (open) last.append(button('Remove', () => change(remove, { id: line.id }), `Remove ${name}`));
  made.append(
    element('td', {}, sku), element('td', {}, name), quantity,
    element('td', {}, money(line.unitPrice, currency)), element('td', {}, money(line.linePrice, currency)), last,
  );
  return made;
}

async function search(term) {
  const query = `query($term: String!) {
    search(input: { term: $term, groupByProduct: false, take: 20 }) { items { productVariantId productVariantName sku } }
  }`;
  const { items } = (await session.call(query, { term })).search;
  const add = `mutation($id: ID!) { addItemToOrder(productVariantId: $id, quantity: 1) { ${CHANGED} } }`;
  $('products').replaceChildren(
    ...items.map((item) => {
      const entry = element('li', {}, `${item.productVariantName} · ${item.sku}`);
      entry.append(button('Add', () => change(add, { id: item.productVariantId }), `Add ${item.productVariantName} to cart`));
      return entry;
    }),
  );
}

async function begin() {
  try {
    session = await enter({ api: '/shop-api' });
  } catch (error) {
    say(`${error.message} Please start again in your procurement system.`);
    return;
  }
  if (!session) {
    say('Please start in your procurement system.');
    return;
  }
  bar = sessionBar(session, { onChange: loadCart });
  $('bar').append(bar);
  $('shop').hidden = false;
  $('search').addEventListener('submit', (event) => {
    event.preventDefault();
    search($('words').value).catch((error) => say(error.message));
  });
  await loadCart();
  await search(session.info.selectedPart);
}

begin().catch((error) => say(error.message));

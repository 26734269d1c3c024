// Punchout for any storefront on Vendure's Shop API, without a framework and without a cookie.
//
//   import { enter, sessionBar } from '/punchout/assets/punchout.js';
//   const session = await enter({ api: '/shop-api' });        // undefined: nobody punched out
//   if (session) document.body.prepend(sessionBar(session, { onChange }));
//   session.call(query, variables)                             // the Shop API as this shopper
//
// The bearer of the session lies in this tab's memory and, where the browser lets us, in its session storage
// (a frame on another site may have none): reloading keeps the session, closing the tab ends it.

const STORED = 'punchgate-bearer';

const LOGIN = `mutation($token: String!) {
  authenticate(input: { punchgate: { token: $token } }) {
    __typename
    ... on InvalidCredentialsError { authenticationError }
  }
}`;
const INFO = `mode state canResume account shopper selectedPart expiresAt notices { severity text }`;

/** A refusal in words for the shopper. */
export class PunchoutError extends Error {}

/** Redeems the login in the address, or goes on with this tab's session; undefined if there is neither. */
export async function enter({ api }) {
  const login = new URLSearchParams(location.hash.slice(1)).get('punchout');
  if (login) {
    // A login is used once: nobody should find it in the history.
    history.replaceState(null, '', location.pathname + location.search);
    remember(null);
    const { data, bearer } = await send(api, null, LOGIN, { token: login });
    if (data.authenticate.__typename !== 'CurrentUser') throw new PunchoutError(data.authenticate.authenticationError);
    remember(bearer);
  }
  const bearer = remembered();
  if (!bearer) return undefined;
  const session = new Session(api, bearer);
  await session.refresh();
  return session.info ? session : undefined;
}

class Session {
  constructor(api, bearer) {
    this.api = api;
    this.bearer = bearer;
    this.info = null;
  }

  async call(query, variables) {
    return (await send(this.api, this.bearer, query, variables)).data;
  }

  async refresh() {
    this.info = (await this.call(`query { punchoutSession { ${INFO} } }`)).punchoutSession;
    return this.info;
  }

  /** Locks the cart and goes to the gateway, which reads it from the server. */
  async transfer() {
    location.assign((await this.call('mutation { transferPunchoutCart { url } }')).transferPunchoutCart.url);
  }

  async leave() {
    location.assign((await this.call('mutation { leavePunchout { url } }')).leavePunchout.url);
  }

  async resume() {
    this.info = (await this.call(`mutation { resumePunchoutCart { ${INFO} } }`)).resumePunchoutCart;
    return this.info;
  }
}

const MODES = {
  create: 'You are shopping for your procurement system.',
  edit: 'You are changing a cart of your procurement system.',
  inspect: 'You are looking at a cart; it cannot be changed.',
};
const ENDED = {
  returned: 'This cart was transferred. You can close this window.',
  cancelled: 'This session was cancelled. You can close this window.',
  expired: 'The time of this session is over. Please start again in your procurement system.',
};

/** The bar of the session: who, what, notices, and the ways out. Draws itself anew by its method `draw`. */
export function sessionBar(session, { onChange = () => {} } = {}) {
  const bar = element('section', { className: 'punchout-bar' });
  bar.setAttribute('aria-label', 'Punchout session');
  const said = element('p', { className: 'punchout-said' });
  said.setAttribute('role', 'status');
  const attempt = (work) => async () => {
    said.textContent = '';
    try {
      await work();
    } catch (error) {
      said.textContent = error.message;
      await session.refresh().then(onChange, () => {});
      bar.draw();
    }
  };
  bar.draw = () => {
    const { info } = session;
    const who = [info.shopper, info.account].filter(Boolean).join(', ');
    const text = ENDED[info.state] ?? (info.state === 'locked' ? 'Your cart is being transferred.' : MODES[info.mode]);
    const parts = [element('p', { className: 'punchout-who' }, who ? `${who}: ${text}` : text)];
    for (const notice of info.notices) {
      parts.push(element('p', { className: `punchout-notice ${notice.severity}` }, notice.text));
    }
    parts.push(said);
    if (!(info.state in ENDED)) parts.push(buttons(session, attempt, bar, onChange));
    bar.replaceChildren(...parts);
  };
  bar.draw();
  return bar;
}

function buttons(session, attempt, bar, onChange) {
  const row = element('p', { className: 'punchout-buttons' });
  const { mode, state, canResume } = session.info;
  if (mode !== 'inspect') row.append(button('Transfer cart', attempt(() => session.transfer())));
  if (state === 'locked' && canResume) {
    const resume = async () => {
      await session.resume();
      await onChange();
      bar.draw();
    };
    row.append(button('Continue shopping', attempt(resume)));
  }
  row.append(button(mode === 'inspect' ? 'Back' : 'Cancel', attempt(() => session.leave())));
  return row;
}

export function element(name, properties = {}, text = '') {
  const made = Object.assign(document.createElement(name), properties);
  if (text) made.textContent = text;
  return made;
}

export function button(text, onClick, label = text) {
  const made = element('button', { type: 'button' }, text);
  made.setAttribute('aria-label', label);
  made.addEventListener('click', onClick);
  return made;
}

async function send(api, bearer, query, variables) {
  const headers = { 'content-type': 'application/json' };
  if (bearer) headers.authorization = `Bearer ${bearer}`;
  const answer = await fetch(api, { method: 'POST', headers, credentials: 'omit', body: JSON.stringify({ query, variables }) });
  const { data, errors } = await answer.json();
  if (errors) throw new PunchoutError(errors[0].message);
  return { data, bearer: answer.headers.get('vendure-auth-token') ?? bearer };
}

let inMemory = null;

function remember(bearer) {
  inMemory = bearer;
  try {
    if (bearer) sessionStorage.setItem(STORED, bearer);
    else sessionStorage.removeItem(STORED);
  } catch {
    // No storage here: memory it is.
  }
}

function remembered() {
  if (inMemory) return inMemory;
  try {
    return sessionStorage.getItem(STORED);
  } catch {
    return null;
  }
}

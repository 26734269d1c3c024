// The punchout storefront: signs in once with the token of the address, then speaks JSON with a bearer
// that lives in this page (and, per session, in sessionStorage so that a reload goes on). No cookies.
import { shelfView, productView, cartView, drawerView, farewellView, sessionBar, topBar, standingBanner, element } from "/assets/punchout-views.js";

const STORE = "ironquay-punchout";
const state = { bearer: null, session: null, cart: null, standing: null };
const main = document.getElementById("main");
const drawer = document.getElementById("drawer");
const tabs = channel();

function remember(bearer) {
  state.bearer = bearer;
  try { sessionStorage.setItem(STORE, bearer); } catch { /* a browser without storage loses the session on reload only */ }
}
function recall() {
  try { return sessionStorage.getItem(STORE); } catch { return null; }
}
function forget() {
  state.bearer = null;
  try { sessionStorage.removeItem(STORE); } catch { /* nothing was kept */ }
}

function channel() {
  try { return new BroadcastChannel(STORE); } catch { return null; }
}

// A product opened in a second tab: that tab knows the session by its address and asks the first one for the bearer.
function bearerOfAnotherTab(id) {
  if (!tabs || !id) return Promise.resolve(null);
  return new Promise((resolve) => {
    const settle = (bearer) => { clearTimeout(timer); tabs.removeEventListener("message", hear); resolve(bearer); };
    const hear = ({ data }) => { if (data.session === id && data.bearer) settle(data.bearer); };
    const timer = setTimeout(settle, 1000, null);
    tabs.addEventListener("message", hear);
    tabs.postMessage({ session: id, wants: "bearer" });
  });
}

// The tabs of a session share its cart: each tells the others when it has changed it.
function listenToTabs() {
  tabs?.addEventListener("message", async ({ data }) => {
    if (data.session !== state.session.id || !state.bearer) return;
    if (data.wants === "bearer") tabs.postMessage({ session: data.session, bearer: state.bearer });
    if (data.changed) {
      try {
        state.cart = await ask("cart");
        if (location.hash.startsWith("#/cart")) drawCart(); else countCart();
      } catch (error) {
        failed(error);
      }
    }
  });
}
function tellTabs() {
  tabs?.postMessage({ session: state.session.id, changed: true });
}

class Refused extends Error {
  constructor(status, message) { super(message); this.status = status; }
}

async function ask(path, options = {}) {
  const headers = { Accept: "application/json" };
  if (state.bearer) headers.Authorization = `Bearer ${state.bearer}`;
  if (options.body) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(`/punchout/api/${path}`, { ...options, headers, credentials: "omit", body: options.body && JSON.stringify(options.body) });
  } catch {
    throw new Refused(0, "The shop cannot be reached. Check your connection and try again.");
  }
  if (!response.ok) {
    const problem = await response.json().catch(() => ({}));
    throw new Refused(response.status, problem.message || "The shop could not do that. Try again.");
  }
  return response.json();
}

function toast(message, bad = false) {
  const place = document.getElementById("toasts");
  const note = element("p", { class: bad ? "toast bad" : "toast" }, message);
  place.replaceChildren(note);
  setTimeout(() => note.remove(), bad ? 7000 : 2600);
}

function failed(error) {
  if (!(error instanceof Refused)) throw error;
  if (error.status === 401) { forget(); farewell("Your session has ended", error.message); } else { toast(error.message, true); }
}

function farewell(title, message) {
  if (drawer.open) drawer.close();
  document.getElementById("head").querySelector(".session")?.remove();
  main.replaceChildren(farewellView(title, message));
  document.title = `${title} · Ironquay`;
}

async function signIn() {
  const token = new URLSearchParams(location.hash.slice(1)).get("t");
  if (token) {
    history.replaceState(null, "", "/punchout");
    forget();
    try {
      remember((await ask("enter", { method: "POST", body: { token } })).bearer);
    } catch (error) {
      if (error.status !== 401) throw error;
      farewell("This sign-in link no longer works", error.message);
      return false;
    }
  } else {
    const bearer = recall() ?? (await bearerOfAnotherTab(new URLSearchParams(location.search).get("session")));
    if (bearer) remember(bearer);
    else {
      farewell("Start from your procurement system", "This page opens from inside your procurement system only. Choose Ironquay there and you are signed in without a password. If you were shopping a moment ago, start again: a cart you returned is safe in your requisition.");
      return false;
    }
  }
  state.session = await ask("session");
  state.cart = await ask("cart");
  history.replaceState(null, "", `/punchout?${new URLSearchParams({ session: state.session.id })}${location.hash}`);
  listenToTabs();
  return true;
}

function drawHead() {
  document.getElementById("head").replaceChildren(sessionBar(state.session, leave), topBar(state.session, state.cart, openDrawer, search));
}
function countCart() {
  const count = document.getElementById("cart-count");
  if (count) {
    count.textContent = String(state.cart.lines.length);
    count.closest("button").setAttribute("aria-label", `Cart, ${state.cart.lines.length} lines, ${state.cart.total} ${state.cart.currency}`);
  }
}

async function refreshStanding() {
  state.standing = await ask("standing");
}

const actions = {
  async add(sku, quantity) {
    state.cart = await ask("cart/lines", { method: "POST", body: { sku, quantity } });
    countCart();
    tellTabs();
    toast("Added to your cart");
  },
  async set(line, quantity) {
    state.cart = await ask(`cart/lines/${encodeURIComponent(line)}`, { method: "PUT", body: { quantity } });
    countCart();
    tellTabs();
  },
  guard(work) { return (...args) => work(...args).catch(failed); },
};

async function openDrawer() {
  state.cart = await ask("cart");
  drawer.replaceChildren(drawerView(state.cart, state.session, () => drawer.close()));
  drawer.showModal();
}

function leave(kind) {
  const target = kind === "transfer" ? state.session.return_url : state.session.cancel_url;
  window.location.assign(target);
}

function search(text) { location.hash = `#/?${new URLSearchParams({ q: text })}`; }

async function route() {
  if (drawer.open) drawer.close();
  const [path, query = ""] = location.hash.replace(/^#/, "").split("?");
  const words = new URLSearchParams(query);
  try {
    if (path.startsWith("/product/")) {
      const product = await ask(`products/${encodeURIComponent(decodeURIComponent(path.slice(9)))}`);
      const related = (await ask(`products?${new URLSearchParams({ category: product.category })}`)).filter((other) => other.sku !== product.sku).slice(0, 4);
      show(productView(product, related, state.session, actions), product.name);
    } else if (path === "/cart") {
      state.cart = await ask("cart");
      await refreshStanding();
      drawCart();
    } else {
      const products = await ask(`products?${words}`);
      show(shelfView(products, words, state.session, actions), "Shop");
    }
  } catch (error) {
    failed(error);
  }
}

function drawCart() {
  const repaint = async (line, quantity) => {
    await actions.set(line, quantity);
    await refreshStanding();
    drawCart();
  };
  show(cartView(state.cart, state.session, state.standing, actions.guard(repaint), leave), "Cart", false);
}

function show(view, title, scroll = true) {
  const banner = standingBanner(state.session, state.standing);
  main.replaceChildren(...(banner ? [banner, view] : [view]));
  document.title = `${title} · Ironquay punchout`;
  if (scroll) { window.scrollTo(0, 0); }
  countCart();
}

async function begin() {
  try {
    if (!(await signIn())) return;
    drawHead();
    await refreshStanding().catch(() => {});
    const landing = state.session.landing;
    const first = state.session.mode !== "create" && state.cart.lines.length ? "#/cart" : landing ? `#/product/${encodeURIComponent(landing)}` : "#/";
    if (!location.hash) history.replaceState(null, "", first);
    window.addEventListener("hashchange", route);
    await route();
  } catch (error) {
    if (error instanceof Refused && error.status !== 401) farewell("The shop is not ready", error.message); else failed(error);
  }
}

begin();

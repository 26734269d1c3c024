// Draws the punchout storefront. Every text goes in as text, never as markup; no state is kept here.

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}
const money = (amount) => {
  const [whole, cents = "00"] = amount.split(".");
  return `$${whole.replace(/\B(?=(\d{3})+(?!\d))/g, ",")}.${cents.padEnd(2, "0")}`;
};
// "2159.50 USD" as the gateway says it; another currency stays in letters.
const credit = (text) => { const [amount, currency] = text.split(" "); return currency === "USD" && /^\d/.test(amount) ? money(amount) : text; };
const link = (sku) => `#/product/${encodeURIComponent(sku)}`;
const MODES = { create: "New cart", edit: "Editing", inspect: "View only" };

export function sessionBar(session, leave) {
  return element("section", { class: "session", "aria-label": "Punchout session" },
    element("div", { class: "wrap" },
      element("span", { class: "tag" }, MODES[session.mode] ?? session.mode),
      element("span", { class: "who" }, "Punchout session for ", element("b", {}, session.customer), " · ", element("b", {}, session.user), element("span", { class: "aim" }, " · returns to your procurement system")),
      element("button", { type: "button", class: "way", onclick: () => leave("cancel") }, session.read_only ? "Close and go back" : "Cancel and go back")));
}

export function topBar(session, cart, openDrawer, search) {
  const field = element("input", { id: "q", type: "search", placeholder: "Search by name, maker or part number", autocomplete: "off" });
  const submit = (event) => { event.preventDefault(); search(field.value.trim()); };
  return element("div", { class: "top" }, element("div", { class: "wrap" },
    element("a", { class: "mark", href: "#/", "aria-label": "Ironquay Industrial Supply, to the shelves" }, element("img", { src: "/assets/shop-mark.svg", alt: "", width: 38, height: 38 }), element("span", {}, "Ironquay", element("small", {}, "Industrial Supply"))),
    element("form", { class: "search", role: "search", onsubmit: submit }, element("label", { class: "sr", for: "q" }, "Search products"), field, element("button", { type: "submit" }, "Search")),
    element("button", { type: "button", class: "cart-button", "aria-haspopup": "dialog", "aria-label": `Cart, ${cart.lines.length} lines`, onclick: openDrawer }, "Cart ", element("span", { class: "count", id: "cart-count" }, String(cart.lines.length)))));
}

/** What the gateway says about the customer, in its very words, and the notices it gave at the start. */
export function standingBanner(session, standing) {
  const told = [];
  if (standing?.state === "known" && standing.message) told.push({ tone: standing.refused ? "bad" : "warn", text: standing.message });
  if (standing?.state === "silent") told.push({ tone: "warn", text: standing.message });
  for (const notice of session.notices) {
    if (!told.some((known) => known.text === notice.text)) told.push({ tone: { blocking: "bad", warning: "warn" }[notice.severity] ?? "info", text: notice.text });
  }
  if (session.mode === "inspect") told.push({ tone: "info", text: "You are looking at this cart only. To change it, open it with Edit in your procurement system." });
  if (!told.length) return null;
  return element("div", { class: "standing wrap" }, ...told.map(({ tone, text }) => element("p", { class: `banner ${tone}`, role: tone === "bad" ? "alert" : "note" }, text)));
}

function prices(product) {
  return element("span", { class: "prices" },
    element("span", { class: "price" }, money(product.price), " ", element("small", {}, `/ ${product.unit_name}`)),
    product.list_price ? element("span", { class: "list-price" }, element("span", { class: "sr" }, "List price "), money(product.list_price)) : null,
    product.list_price ? element("span", { class: "contract" }, "CONTRACT") : null);
}
function stock(product) {
  if (product.stock === 0) return element("span", { class: "stock out" }, `Back in ${product.lead_days} days`);
  const days = product.lead_days === 1 ? "1 day" : `${product.lead_days} days`;
  if (product.stock < 40) return element("span", { class: "stock low" }, `Only ${product.stock} in stock · ${days}`);
  return element("span", { class: "stock" }, `${product.stock} in stock · ${days}`);
}
function addForm(product, session, actions) {
  if (session.read_only) return null;
  const field = element("input", { class: "input", id: `n-${product.sku}`, value: "1", inputmode: product.fractional ? "decimal" : "numeric", "aria-label": `Quantity of ${product.name}, ${product.unit_name}` });
  const submit = actions.guard(async (event) => { event.preventDefault(); await actions.add(product.sku, field.value); });
  return element("form", { class: "add", onsubmit: submit }, field, element("button", { type: "submit", class: "button", "aria-label": `Add ${product.name} to cart` }, "Add to cart"));
}
function card(product, session, actions) {
  return element("li", { class: "item card" },
    element("a", { class: "shot", href: link(product.sku), tabindex: "-1", "aria-hidden": "true" }, element("img", { src: product.picture, alt: "", loading: "lazy", width: 240, height: 240 })),
    element("div", { class: "body" },
      element("span", { class: "maker" }, `${product.manufacturer} · ${product.sku}`),
      element("h3", {}, element("a", { href: link(product.sku) }, product.name)),
      element("span", { class: "maker" }, product.pack),
      element("div", { class: "foot" }, prices(product), stock(product), addForm(product, session, actions))));
}

function departments(session, chosen, kind, label) {
  const all = [{ id: "", name: kind === "chips" ? "All" : "All products" }, ...session.categories];
  return element("nav", { class: kind, "aria-label": label }, kind === "chips" ? null : element("h2", {}, "Departments"),
    ...all.map((category) => element("a", { href: category.id ? `#/?category=${category.id}` : "#/", "aria-current": category.id === chosen ? "page" : null }, category.name)));
}

export function shelfView(products, words, session, actions) {
  const chosen = words.get("category") ?? "";
  const query = words.get("q") ?? "";
  const title = session.categories.find((category) => category.id === chosen)?.name ?? (query ? "Search" : "All products");
  const orders = [["", "Our order"], ["price", "Price, low to high"], ["price-desc", "Price, high to low"], ["name", "Name"]];
  const sort = element("select", { class: "input", id: "sort", onchange: () => { const next = new URLSearchParams(words); next.set("sort", sort.value); location.hash = `#/?${next}`; } },
    ...orders.map(([value, label]) => element("option", { value, selected: value === (words.get("sort") ?? "") }, label)));
  const found = products.length
    ? element("section", { "aria-labelledby": "found" }, element("h2", { class: "sr", id: "found" }, "Products found"), element("ul", { class: "grid" }, ...products.map((product) => card(product, session, actions))))
    : element("div", { class: "empty card" }, element("img", { src: "/pictures/LB-4020.svg", alt: "" }), element("h2", {}, "Nothing on the shelf by that name"), element("p", {}, "Try fewer words, a maker’s part number, or another department."), element("a", { class: "button", href: "#/" }, "Show all products"));
  return element("div", { class: "wrap" }, departments(session, chosen, "chips", "Departments, short"),
    element("div", { class: "columns" }, departments(session, chosen, "side card", "Departments"),
      element("div", {}, element("div", { class: "bar-row" },
        element("div", {}, element("h1", {}, title), element("p", { class: "soft" }, `${products.length} products${query ? ` for “${query}”` : ""} at ${session.customer} prices`)),
        element("div", { class: "field" }, element("label", { for: "sort" }, "Sort by"), sort)), found)));
}

export function productView(product, related, session, actions) {
  const spec = [["Part number", product.sku], ["Manufacturer part", product.manufacturer_part], ["Sold by", `${product.unit_name} (${product.unit}) · ${product.pack}`], ["Lead time", product.lead_days === 1 ? "1 day" : `${product.lead_days} days`], ["UNSPSC", product.unspsc]];
  return element("div", { class: "wrap" },
    element("nav", { class: "crumbs", "aria-label": "Breadcrumb" }, element("a", { href: "#/" }, "Products"), " › ", element("a", { href: `#/?category=${product.category}` }, product.category_name)),
    element("div", { class: "detail" },
      element("div", { class: "shot card" }, element("img", { src: product.picture, alt: product.name, width: 480, height: 480 })),
      element("div", { class: "info" },
        element("div", {}, element("span", { class: "soft" }, product.manufacturer), element("h1", {}, product.name)),
        element("p", {}, product.description), prices(product), stock(product), addForm(product, session, actions),
        element("dl", { class: "spec" }, ...spec.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)])))),
    element("section", { class: "section", "aria-labelledby": "related" }, element("header", {}, element("h2", { id: "related" }, `More from ${product.category_name}`)),
      element("ul", { class: "grid" }, ...related.map((other) => card(other, session, actions)))));
}

function stepper(line, session, change) {
  if (session.read_only) return element("span", { class: "num" }, `${line.quantity} ${line.product?.unit_name ?? ""}`);
  const name = line.product?.name ?? line.sku;
  const field = element("input", { value: line.quantity, inputmode: "decimal", "aria-label": `Quantity of ${name}`, onchange: () => change(line.id, field.value) });
  const step = (by) => () => change(line.id, String(Math.max(0, Number(field.value) + by)));
  return element("span", { class: "qty" }, element("button", { type: "button", "aria-label": `One less of ${name}`, onclick: step(-1) }, "−"), field, element("button", { type: "button", "aria-label": `One more of ${name}`, onclick: step(1) }, "+"));
}

function emptyCart(session, leave) {
  const edited = session.mode === "edit";
  return element("div", { class: "wrap" }, element("div", { class: "empty" }, element("img", { src: "/pictures/OF-6060.svg", alt: "" }), element("h1", {}, "Your cart is empty"),
    element("p", {}, edited ? "Fill it from the shelves, or transfer it as it is: that deletes the lines of your requisition. You are asked once more." : "Fill it from the shelves. Transferring it creates the lines of your requisition; nothing is ordered before your company approves."),
    element("p", { class: "actions" }, element("a", { class: "button", href: "#/" }, "Go to the shelves"),
      edited ? element("button", { type: "button", class: "button plain", onclick: () => leave("transfer") }, "Transfer the empty cart") : null)));
}

export function cartView(cart, session, standing, change, leave) {
  if (!cart.lines.length) return emptyCart(session, leave);
  const lines = cart.lines.map((line) => element("li", {},
    element("img", { src: line.product?.picture ?? "", alt: "" }),
    element("div", {}, element("a", { class: "name", href: link(line.sku) }, line.product?.name ?? line.sku), element("small", {}, `${line.sku} · ${money(line.price)} / ${line.product?.unit_name ?? "unit"} · ${line.product?.pack ?? ""}`)),
    stepper(line, session, change),
    element("span", { class: "num amount" }, money(line.amount)),
    session.read_only ? element("span", {}) : element("button", { type: "button", class: "remove", "aria-label": `Remove ${line.product?.name ?? line.sku}`, onclick: () => change(line.id, "0") }, "×")));
  return element("div", { class: "wrap cart" }, element("h1", {}, session.mode === "edit" ? "Edit your cart" : "Your cart"),
    element("ul", { class: "lines card" }, ...lines), summary(cart, session, standing, leave));
}

const TENDERS = { terms: "On account", card: "Card", ach: "ACH transfer", prepay: "Prepayment" };
function summary(cart, session, standing, leave) {
  const known = standing?.state === "known" ? standing : null;
  const reasons = new Set(session.notices.filter((notice) => notice.severity === "blocking").map((notice) => notice.text));
  if (known?.refused && known.message) reasons.add(known.message);
  const tenders = known?.tenders.length ? element("ul", { class: "tenders", "aria-label": "How you may pay" }, ...known.tenders.map((option) => element("li", {}, element("span", {}, TENDERS[option.tender] ?? option.tender), element("span", { class: option.allowed ? "pill good" : "pill bad" }, option.allowed ? "available" : "not available")))) : null;
  return element("aside", { class: "summary card", "aria-label": "Summary" },
    element("h2", {}, "Summary"),
    element("dl", {}, element("dt", {}, `${cart.lines.length} ${cart.lines.length === 1 ? "line" : "lines"}`), element("dd", {}, money(cart.total)),
      element("dt", {}, "Freight and tax"), element("dd", {}, "with the order"),
      known?.available ? element("dt", {}, "Available credit") : null, known?.available ? element("dd", {}, credit(known.available)) : null,
      element("dt", { class: "total" }, "Total, net"), element("dd", { class: "total" }, money(cart.total))),
    tenders,
    ...[...reasons].map((text) => element("p", { class: "banner bad" }, text)),
    session.read_only ? null : element("button", { type: "button", class: "button accent", id: "transfer", onclick: () => leave("transfer") }, "Transfer cart"),
    element("button", { type: "button", class: "button plain", onclick: () => leave("cancel") }, session.read_only ? "Close and go back" : "Cancel"),
    element("p", { class: "hint" }, session.read_only ? "Nothing is changed in your requisition." : "Takes the cart to your procurement system. Nothing is ordered yet."));
}

export function drawerView(cart, session, close) {
  const lines = cart.lines.map((line) => element("li", {}, element("img", { src: line.product?.picture ?? "", alt: "" }),
    element("div", {}, element("a", { class: "name", href: link(line.sku), onclick: close }, line.product?.name ?? line.sku), element("small", {}, `${line.quantity} × ${money(line.price)} / ${line.product?.unit_name ?? "unit"}`)),
    element("span", { class: "num amount" }, money(line.amount))));
  return element("div", { class: "drawer-in" },
    element("header", {}, element("h2", { id: "drawer-title" }, "Your cart"), element("button", { type: "button", class: "remove", "aria-label": "Close the cart", onclick: close }, "×")),
    element("div", { class: "scroll" }, cart.lines.length ? element("ul", { class: "lines" }, ...lines) : element("p", { class: "empty soft" }, "Nothing in it yet.")),
    element("footer", {}, element("p", { class: "sum" }, element("span", {}, "Total, net"), element("span", {}, money(cart.total))),
      element("a", { class: "button accent", href: "#/cart", onclick: close }, session.read_only ? "View cart" : "Review and transfer"),
      element("button", { type: "button", class: "button plain", onclick: close }, "Keep shopping")));
}

export function farewellView(title, message) {
  return element("div", { class: "wrap" }, element("div", { class: "empty" }, element("img", { src: "/pictures/TL-1160.svg", alt: "" }), element("h1", {}, title), element("p", {}, message),
    element("a", { class: "button plain", href: "/products", target: "_blank", rel: "noopener" }, "Browse the public shelves")));
}

// The drawer "what just went over the wire": asks for what is new, newest on top. Texts only, no HTML from outside.
const drawer = document.getElementById("wire");
const open = document.getElementById("wire-open");
const list = document.getElementById("wire-list");
const count = document.getElementById("wire-count");
const empty = document.getElementById("wire-empty");
const routine = document.getElementById("wire-routine");
const NAMES = { suite: "Suite", gateway: "Gateway", shop: "Shop", erp: "ERP", browser: "Browser" };
const KEPT = 120;
let next = 0;
let shown = 0;

function element(name, attributes, ...content) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...content);
  return node;
}

// Tags, attributes and values in colours.
function coloured(text) {
  const pre = element("pre", { tabindex: "0", "aria-label": "The body" });
  const pattern = /(<\/?[\w:.-]+|\/?>|<[?!][^>]*>)|([\w:.-]+)(=)("[^"]*")|("(?:[^"\\]|\\.)*")(\s*:)?/g;
  let from = 0;
  for (const found of text.matchAll(pattern)) {
    pre.append(text.slice(from, found.index));
    if (found[1]) pre.append(element("span", { class: "t" }, found[1]));
    else if (found[2]) pre.append(element("span", { class: "a" }, found[2]), found[3], element("span", { class: "v" }, found[4]));
    else pre.append(element("span", { class: found[6] ? "a" : "v" }, found[5]), found[6] ?? "");
    from = found.index + found[0].length;
  }
  pre.append(text.slice(from));
  return pre;
}

function entry(exchange) {
  const tone = exchange.status === null ? "bad" : exchange.status < 400 ? "good" : "bad";
  const summary = element("summary", {},
    element("span", { class: "route" }, element("b", { class: `peer ${exchange.from}` }, NAMES[exchange.from]), " → ", element("b", { class: `peer ${exchange.to}` }, NAMES[exchange.to])),
    element("span", { class: "kind" }, exchange.kind),
    element("span", { class: "meta" }, element("span", { class: `pill ${tone}` }, exchange.status === null ? "cut" : String(exchange.status)), ` ${exchange.duration_ms} ms`));
  const details = element("details", {}, summary);
  // Long bodies are laid out only when somebody looks.
  details.addEventListener("toggle", () => {
    if (!details.open || details.childElementCount > 1) return;
    details.append(element("p", { class: "mono wrap-any hush" }, `${exchange.method} ${exchange.url} · ${exchange.at}`));
    if (exchange.request) details.append(element("h3", {}, "Request"), coloured(exchange.request));
    if (exchange.response) details.append(element("h3", {}, "Response"), coloured(exchange.response));
  });
  return element("li", exchange.routine ? { class: "routine" } : {}, details);
}

async function look() {
  if (!document.hidden) {
    try {
      const response = await fetch(`/api/wire?since=${next}`);
      const wire = await response.json();
      next = wire.next;
      for (const exchange of wire.exchanges) {
        list.prepend(entry(exchange));
        if (!exchange.routine) shown += 1;
      }
      // Apart: routine polling must not push out what people look for.
      for (const kind of ["li.routine", "li:not(.routine)"]) {
        for (const old of [...list.querySelectorAll(`:scope > ${kind}`)].slice(KEPT)) old.remove();
      }
      count.textContent = String(shown);
      empty.hidden = shown > 0 || (routine.checked && list.childElementCount > 0);
      if (wire.exchanges.some((exchange) => !exchange.routine)) open.classList.add("fresh");
    } catch { /* the demo has ended or starts again: the next look tells */ }
  }
  setTimeout(look, drawer.hidden ? 3000 : 700);
}

function toggle(show) {
  drawer.hidden = !show;
  open.setAttribute("aria-expanded", String(show));
  open.classList.remove("fresh");
  document.body.classList.toggle("with-wire", show);
  try { sessionStorage.setItem("northstar-wire", show ? "1" : ""); } catch { /* only the memory of the drawer is lost */ }
  if (show) document.getElementById("wire-close").focus({ preventScroll: true });
}

if (drawer && open) {
  open.hidden = false;
  open.addEventListener("click", () => toggle(drawer.hidden));
  document.getElementById("wire-close").addEventListener("click", () => { toggle(false); open.focus(); });
  document.getElementById("wire-clear").addEventListener("click", () => { list.replaceChildren(); shown = 0; count.textContent = "0"; empty.hidden = false; });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && !drawer.hidden) { toggle(false); open.focus(); } });
  routine.addEventListener("change", () => list.classList.toggle("with-routine", routine.checked));
  let remembered = false;
  try { remembered = sessionStorage.getItem("northstar-wire") === "1"; } catch { /* closed, then */ }
  if (remembered) { drawer.hidden = false; open.setAttribute("aria-expanded", "true"); document.body.classList.add("with-wire"); }
  look();
}

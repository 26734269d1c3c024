// Posts the page's form at once, so that only a browser that really shows the page goes on. No cookies: what
// tells this browser from another that holds the same link is kept in sessionStorage, for a reload.
"use strict";

function nonce() {
  const key = "punchgate:" + location.pathname;
  let value = null;
  try { value = sessionStorage.getItem(key); } catch { /* no storage in this frame: the link is good for one go */ }
  if (value) return value;
  const bytes = crypto.getRandomValues(new Uint8Array(24));
  value = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  try { sessionStorage.setItem(key, value); } catch { /* as above */ }
  return value;
}

// Whoever comes back with the browser's back button wants to go back, not forth again.
function cameBack() {
  const [entry] = performance.getEntriesByType("navigation");
  return entry !== undefined && entry.type === "back_forward";
}

function begin() {
  for (const form of document.querySelectorAll("form[data-nonce]")) form.elements.nonce.value = nonce();
  const form = document.querySelector("form[data-auto]");
  if (form && !cameBack()) form.submit();
}

// A page that is rendered ahead is not shown to anybody yet.
if (document.prerendering) document.addEventListener("prerenderingchange", begin, { once: true });
else begin();

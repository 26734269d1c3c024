// The suite's pages: a page that waits reloads when something came in; a frame tells the page around it.
const body = document.body;

// In a frame after the cart came back: the page around shows the requisition.
if (body.dataset.returned) {
  if (window.parent !== window) {
    window.parent.postMessage({ northstar: "returned", page: body.dataset.returned }, location.origin);
  } else {
    location.replace(body.dataset.returned);
  }
}

const frame = document.querySelector("iframe.shop-frame");
if (frame) {
  window.addEventListener("message", (event) => {
    if (event.origin === location.origin && event.data?.northstar === "returned") location.assign(event.data.page);
  });
}

// Waits for a change of the suite's books. Asks gently, and not at all while nobody looks.
async function revision() {
  const response = await fetch(`/api/buyers/${body.dataset.buyer}/revision`);
  return response.ok ? response.json() : null;
}
if (document.querySelector("[data-watch]")) {
  const known = Number(body.dataset.revision);
  // A form that is under way leads on by itself: a reload would take its place.
  let leaving = false;
  document.addEventListener("submit", (event) => { if (event.target.target !== "_blank") leaving = true; });
  window.addEventListener("pageshow", () => { leaving = false; });
  const look = async () => {
    if (!leaving && !document.hidden && !document.querySelector("details[open], dialog[open]")) {
      const now = await revision().catch(() => null);
      if (!leaving && now !== null && now > known) { location.reload(); return; }
    }
    setTimeout(look, 1000);
  };
  setTimeout(look, 1000);
}

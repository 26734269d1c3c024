#!/usr/bin/env python3
"""A server of the Punchgate storefront protocol, version 1 (../storefront.md), with its state in memory. Standard library only.

    PUNCHGATE_SECRET=whsec_... python3 storefront.py [port]      prints its address; several secrets are separated by a space
"""
import hashlib, html, secrets
from datetime import datetime
from decimal import Decimal

from transport import LOCK, Handler, Problem, listen, now

CUSTOMERS, CARTS, LOGINS, ORDERS = {"C-1001", "C-1002"}, {}, {}, []
usd = lambda amount: {"amount": str(amount), "currency": "USD"}
ITEMS = {part: {"part_id": part, "name": name, "unit": unit, "unit_price": usd(price), "active": True, "in_stock": "500"} for part, name, unit, price in [
    ("GLV-100", "Nitrile gloves, blue, size L, box of 100", "BX", "12.4000"), ("TAP-048", "Packing tape 48 mm", "EA", "2.1500"),
    ("BLT-M8", "Bolt M8 × 40, steel", "EA", "0.1850"), ("PAL-EU", "Europalette", "EA", "19.90"), ("OIL-5L", "Schmieröl 5 l", "CN", "43.75")]}


def describe(_):
    return {"protocol": "punchgate-storefront", "versions": [1], "name": "Reference shop", "time": now(), "operations": list(OPERATIONS),
            "qualities": {"edit": True, "inspect": True, "parallel_sessions": True, "keeps_auxiliary_ids": True, "line_price_override": False,
                          "order_reference_unique": True, "order_cancel": True, "page_size": 100}}


def put(cart, wanted):
    """Replaces the lines; a line that cannot be taken is refused alone."""
    lines, refused = [], []
    for line in wanted:
        item, quantity = ITEMS.get(line["part_id"]), Decimal(line["quantity"])
        code = ("unknown_part" if item is None else "quantity" if not (quantity.is_finite() and quantity > 0)
                else "unit" if (line.get("unit") or item["unit"]) != item["unit"] else None)
        if code:
            refused.append({"line": line["line"], "code": code, "message": f"{line['part_id']}: {code}"})
        else:
            lines.append({"part_id": item["part_id"], "auxiliary_id": line.get("auxiliary_id") or secrets.token_hex(4), "quantity": line["quantity"],
                          "unit": item["unit"], "unit_price": item["unit_price"], "description": item["name"], "language": "en"})
    cart["lines"], cart["revision"] = lines, cart["revision"] + 1
    return refused


def state_of(cart):
    """Expiry is found out when somebody looks."""
    if cart["state"] in ("open", "locked") and cart["expires_at"] < now():
        cart["state"] = "expired"
    return cart["state"]


def shown(cart):
    state_of(cart)
    return {key: cart[key] for key in ("storefront_session", "session", "mode", "state", "revision", "currency", "lines")}


def found(request):
    cart = CARTS.get(request["storefront_session"])
    if cart is None:
        raise Problem("not_found", "unknown_session", "there is no such session")
    return cart


def open_session(request):
    cart, refused = next((c for c in CARTS.values() if c["session"] == request["session"]), None), []
    if cart is None:
        if request["customer"]["external_id"] not in CUSTOMERS:
            raise Problem("not_found", "unknown_customer", f"there is no customer {request['customer']['external_id']}")
        cart = {"storefront_session": secrets.token_hex(8), "state": "open", "revision": 0, "currency": "USD", "lines": [],
                **{key: request[key] for key in ("session", "mode", "return_url", "cancel_url")},
                "expires_at": datetime.fromisoformat(request["expires_at"].replace("Z", "+00:00")).strftime("%Y-%m-%dT%H:%M:%S.%fZ")}
        CARTS[cart["storefront_session"]] = cart
        refused = put(cart, request.get("items") or [])
    if state_of(cart) not in ("open", "locked"):
        raise Problem("conflict", "session_closed", f"the session is {cart['state']}")
    code, until = secrets.token_urlsafe(32), min(now(300), cart["expires_at"])
    for old in [hash for hash, login in LOGINS.items() if login[0] == cart["storefront_session"]]:
        del LOGINS[old]
    LOGINS[hashlib.sha256(code.encode()).hexdigest()] = (cart["storefront_session"], until)
    return {"storefront_session": cart["storefront_session"], "login_url": f"{BASE}login/{code}", "login_expires_at": until, "refused": refused}


def redeem(code):
    session, until = LOGINS.pop(hashlib.sha256(code.encode()).hexdigest(), (None, ""))
    return CARTS[session] if session and now() < until else None


def fill_cart(request):
    cart = found(request)
    if cart["mode"] == "inspect":
        raise Problem("conflict", "inspect", "this cart is only looked at")
    if state_of(cart) != "open":
        raise Problem("conflict", f"cart_{cart['state']}", f"the cart is {cart['state']}")
    refused = put(cart, request["lines"])
    return {"cart": shown(cart), "refused": refused}


def close_cart(request):
    cart, to = found(request), request["state"]
    if to not in ("open", "locked", "returned", "cancelled"):
        raise ValueError(f"state {to}")
    if state_of(cart) != to:
        if cart["state"] not in ("open", "locked"):
            raise Problem("conflict", f"cart_{cart['state']}", f"the cart is {cart['state']}")
        cart["state"], cart["revision"] = to, cart["revision"] + 1
    return {"cart": shown(cart)}


def item(request):
    if request["part_id"] not in ITEMS:
        raise Problem("not_found", "unknown_part", f"there is no part {request['part_id']}")
    return {"item": ITEMS[request["part_id"]]}


def search(request):
    start, limit, words = int(request.get("cursor") or 0), int(request.get("limit") or 20), request["query"].lower().split()
    hits = [i for i in ITEMS.values() if all(word in f"{i['part_id']} {i['name']}".lower() for word in words)]
    more = len(hits) > start + limit
    return {"items": hits[start:start + limit], "next_cursor": str(start + limit) if more else None, "more": more}


def place_order(request):
    existing = [order for order in ORDERS if order["reference"] == request["reference"]]
    if existing:
        return {"result": "existing", "order": existing[0]}
    if request["customer"] not in CUSTOMERS:
        return {"result": "rejected", "code": "customer", "message": f"no customer {request['customer']}"}
    unknown = [line["part_id"] for line in request["lines"] if line["part_id"] not in ITEMS]
    if unknown:
        return {"result": "rejected", "code": "item", "message": f"no part {unknown[0]}"}
    number = str(5001 + len(ORDERS))
    ORDERS.append({"order_id": f"W-{number}", "order_number": number, "state": "open", "payment_state": "none", "created_at": now(), "total": request["total"],
                   **{key: request[key] for key in ("reference", "purchase_order_number", "customer")},
                   "lines": [{**{key: line[key] for key in ("line_number", "part_id", "unit")}, "ordered": line["quantity"]} for line in request["lines"]]})
    return {"result": "created", "order": ORDERS[-1]}


def order_status(request):
    for order in ORDERS:
        if order["order_id"] == request["order_id"]:
            return {"order": order}
    raise Problem("not_found", "unknown_order", f"there is no order {request['order_id']}")


def cancel_order(request):
    order = order_status(request)["order"]
    if any(line.get("shipped", "0") != "0" for line in order["lines"]):
        return {"result": "refused", "code": "shipped", "message": f"order {order['order_number']} has left", "order": order}
    order["state"] = "cancelled"
    for line in order["lines"]:
        line["cancelled"] = line["ordered"]
    return {"result": "cancelled", "order": order}


OPERATIONS = {"describe": describe, "open_session": open_session, "read_cart": lambda r: {"cart": shown(found(r))}, "fill_cart": fill_cart,
              "close_cart": close_cart, "item": item, "search": search, "place_order": place_order, "order_status": order_status,
              "cancel_order": cancel_order,
              "find_order": lambda r: {"orders": [o for o in ORDERS if o["reference"] == r["reference"]]}}


class Shop(Handler):
    operations = OPERATIONS

    def do_GET(self):
        """The browser's side: a login works once, then there is a page with the two ways out."""
        with LOCK:
            cart = redeem(self.path.rsplit("/", 1)[-1])
        links = "".join(f'<a href="{html.escape(cart[key])}">{text}</a> ' for key, text in
                        (("return_url", "Transfer cart"), ("cancel_url", "Cancel"))) if cart else "This link was used or is too old."
        self.send(200 if cart else 410, f"<!doctype html><title>Reference shop</title>{links}".encode(),
                  {"content-type": "text/html; charset=utf-8", "cache-control": "no-store", "referrer-policy": "no-referrer"})


if __name__ == "__main__":
    server, BASE = listen(Shop)
    print(BASE, flush=True)
    server.serve_forever()

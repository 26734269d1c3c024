#!/usr/bin/env python3
"""A server of the Punchgate ERP protocol, version 1 (../erp.md), with its state in memory. Standard library only.

    PUNCHGATE_SECRET=whsec_... python3 erp.py [port]      prints its address; several secrets are separated by a space
"""
from decimal import Decimal

from transport import Handler, Problem, listen, now

TERMS = [{"code": "NET30", "label": "Net 30 days", "net_days": 30}, {"code": "NET45", "label": "Net 45 days", "net_days": 45}]
usd = lambda amount: {"amount": str(amount), "currency": "USD"}
by_number = lambda of: (of["customer"], of["purchase_order_number"])
ACCOUNTS, ORDERS, DOCUMENTS, SEQUENCE = {}, [], [], [0]
PARTS = {"GLV-100": ("BX", Decimal("12.40"), 7), "TAP-048": ("EA", Decimal("2.15"), 0)}
OPEN_ITEMS, DELETED = {"C-1001": Decimal("8100.00"), "C-1002": Decimal("0.30")}, [("C-0007", 1)]


def touch(account, by):
    """A change: the sequence is the account's version and its place in the feed."""
    SEQUENCE[0] += 1
    account.update(version=str(SEQUENCE[0]), changed_at=now(), changed_by=by)


for number, (code, name) in enumerate([("ACME", "Acme Corp."), ("BETA", "Béta GmbH"), ("GONE", "Gone Ltd.")], 1001):
    ACCOUNTS[f"C-{number}"] = {"external_id": f"C-{number}", "code": code, "name": name, "active": code != "GONE", "currency": "USD",
                               "payer": None, "head_office": None, "terms": TERMS[0], "holds": [],
                               "credit_limit": {"kind": "amount", "amount": "10000.00", "currency": "USD"}}
    touch(ACCOUNTS[f"C-{number}"], "setup")
ACCOUNTS["C-1001"].update(
    contacts=[{"id": "P-1", "name": "Bea Ortiz", "email": "bea@acme.example", "phone": None, "roles": ["purchasing"], "active": True},
              {"id": "P-2", "name": "Bea Ortiz", "email": "b.ortiz@acme.example"}, {"id": "P-3", "name": "Zoë Łęcka-Müller"}],
    ship_tos=[{"id": "S-1", "code": "DOCK-2", "name": "Acme Corp.", "street": ["12 Mill Road"], "city": "Dayton", "country": "US"},
              {"id": "S-2", "name": "Béta GmbH", "street": ["Königsallee 4"], "city": "Düsseldorf", "country": "DE", "customer": "C-1002"}])
ACCOUNTS["C-1002"]["holds"] = [{"id": "H-1", "code": "PASTDUE", "removes": ["order"], "shopper": "Please call us.", "since": now()}]


def scoped(operation):
    def checked(request):
        if request["scope"] != "":
            raise Problem("not_found", "unknown_scope", f"there is no scope '{request['scope']}'")
        return operation(request)
    return checked


def describe(_):
    return {"protocol": "punchgate-erp", "versions": [1], "name": "Reference ERP", "time": now(), "operations": list(OPERATIONS),
            "qualities": {"cas": "native", "deletes": "tombstone", "order_reference_unique": True, "exposure_includes_open_orders": True,
                          "writable": ["terms", "credit_limit", "holds"], "tells": ["contacts", "ship_tos"],
                          "enforces": ["holds"], "page_size": 100,
                          "document_kinds": ["acknowledgement", "status"], "max_concurrency": 4},
            "scopes": [{"id": "", "label": "All"}], "terms": TERMS, "hold_codes": [{"code": "PASTDUE", "label": "Past due"}]}


def feed(request, rows):
    """rows: (sequence, row), each behind the cursor once."""
    after, rest = int(request.get("cursor") or 0), int(request.get("limit") or 100)
    page = sorted((row for row in rows if row[0] > after), key=lambda row: row[0])
    return page[:rest], {"next_cursor": str(page[:rest][-1][0] if page[:rest] else after), "more": len(page) > rest}


def accounts(request):
    page, cursor = feed(request, [(int(a["version"]), a) for a in ACCOUNTS.values()])
    upto = int(cursor["next_cursor"])
    gone = [id for id, sequence in DELETED if int(request.get("cursor") or 0) < sequence <= upto]
    return {"items": [account for _, account in page], "deleted": gone, **cursor}


def by_keys(request, row):
    here = [key for key in request["keys"] if key in ACCOUNTS]
    return {"items": [row(key) for key in here], "missing": [key for key in request["keys"] if key not in ACCOUNTS]}


def exposure(key):
    as_of = now()
    orders = sum(Decimal(o["total"]["amount"]) for o in ORDERS if o["customer"] == key and o["state"] in ("open", "on_hold"))
    return {"external_id": key, "open_items": usd(OPEN_ITEMS.get(key, Decimal(0))), "open_orders": usd(round(orders, 2)),
            "includes_open_orders": True, "as_of": as_of}


def patch_account(request):
    account, patch = ACCOUNTS.get(request["external_id"]), request["patch"]
    if account is None:
        raise Problem("not_found", "unknown_account", f"there is no account {request['external_id']}")
    if account["version"] != request["expect"]:
        return {"result": "conflict", "account": account}
    changed = dict(account)
    if "terms" in patch:
        wanted = patch["terms"] and patch["terms"]["code"]
        changed["terms"] = next((terms for terms in TERMS if terms["code"] == wanted), None)
        if wanted and changed["terms"] is None:
            return {"result": "rejected", "rejected": [{"field": "terms", "code": "unknown", "message": f"no terms {wanted}"}]}
    changed["credit_limit"] = patch.get("credit_limit") or account["credit_limit"]
    if changed["credit_limit"]["kind"] == "unknown" or changed["credit_limit"].get("currency", "USD") != account["currency"]:
        return {"result": "rejected", "rejected": [{"field": "credit_limit", "code": "currency", "message": "a limit is in the account's currency"}]}
    placed = [{**hold, "placed_by": request["actor"]} for hold in patch.get("place_holds") or []]
    replaced = [hold["id"] for hold in placed] + (patch.get("release_holds") or [])
    changed["holds"] = [hold for hold in account["holds"] if hold["id"] not in replaced] + placed
    if changed != account:
        touch(changed, request["actor"])
        ACCOUNTS[account["external_id"]] = changed
    return {"result": "applied", "account": changed}


def issue(kind, id, order, **content):
    DOCUMENTS.append({"document_id": id, "kind": kind, "issued_at": now(), **content,
                      **{key: order[key] for key in ("order_id", "reference", "purchase_order_number", "customer")}})


def submit_order(request):
    existing = [order for order in ORDERS if order["reference"] == request["reference"]]
    if existing:
        return {"result": "existing", "order": existing[0]}
    account = ACCOUNTS.get(request["customer"])
    if account is None or not account["active"]:
        return {"result": "rejected", "code": "customer", "message": f"no active customer {request['customer']}"}
    held = next((h for h in account["holds"] if {"order", "order_on_terms"} & set(h.get("removes") or ["order"])), None)
    number = 20001 + len(ORDERS)
    order = {"order_id": f"SO-{number}", "order_number": str(number), "state": "on_hold" if held else "open", "created_at": now(),
             "total": request["total"], **{key: request[key] for key in ("reference", "purchase_order_number", "customer")}}
    if held:
        order["hold"] = {"code": held["code"], "message": f"customer hold {held['id']}"}
    ORDERS.append(order)
    if not held:
        acknowledge(f"ACK-{number}", order, request)
    return {"result": "created", "order": order}


def acknowledge(id, order, request):
    lines = [{**{key: line[key] for key in ("line_number", "part_id", "quantity", "unit")}, "status": "accepted"} for line in request["lines"]]
    issue("acknowledgement", id, order, outcome="accepted", lines=lines)


def order_of(request):
    for order in ORDERS:
        if order["order_id"] == request["order_id"]:
            return order
    raise Problem("not_found", "unknown_order", f"there is no order {request['order_id']}")


def change_order(request):
    order = order_of(request)
    if order["state"] == "cancelled":
        return {"result": "refused", "code": "cancelled", "message": "the order is cancelled", "order": order}
    if order.get("revision", 1) < request["revision"]:
        order.update(total=request["total"], revision=request["revision"])
        if order["state"] == "open":
            acknowledge(f"ACK-{order['order_number']}-{request['revision']}", order, request)
    return {"result": "changed", "order": order}


def cancel_order(request):
    order = order_of(request)
    if order["state"] != "cancelled":
        order["state"] = "cancelled"
        order.pop("hold", None)
        issue("status", f"CANCEL-{order['order_number']}", order, state="cancelled", message=request["reason"])
    return {"result": "cancelled", "order": order}


def documents(request):
    kinds = request.get("kinds") or [document["kind"] for document in DOCUMENTS]
    page, cursor = feed(request, [row for row in enumerate(DOCUMENTS, 1) if row[1]["kind"] in kinds])
    return {"items": [document for _, document in page], **cursor}


def answers(request, field, without, told):
    """One answer a query, in their order; told: the answer, or a text that says why there is none."""
    found = [told(query, PARTS.get(query["part_id"], (None,))) for query in request["queries"]]
    return {field: [{"result": without, "message": answer} if isinstance(answer, str) else answer for answer in found]}


def price(query, part):
    if part[0] != query["unit"] or query["customer"] not in ACCOUNTS:
        return f"{query['part_id']} is not sold so to {query['customer']}"
    return {"result": "price", "unit_price": usd(part[1])}


def availability(query, part):
    if part[0] != query["unit"] or query.get("warehouse") not in (None, "MAIN"):
        return f"{query['part_id']} is not kept so"
    return {"result": "available", "quantity": str(part[2]), "unit": part[0]}


OPERATIONS = {"describe": describe, "accounts": scoped(accounts), "account": scoped(lambda r: by_keys(r, ACCOUNTS.get)),
              "patch_account": scoped(patch_account), "exposure": scoped(lambda r: by_keys(r, exposure)),
              "submit_order": scoped(submit_order), "change_order": scoped(change_order), "cancel_order": scoped(cancel_order), "documents": scoped(documents),
              "prices": scoped(lambda r: answers(r, "prices", "none", price)),
              "stock": scoped(lambda r: answers(r, "stock", "unknown", availability)),
              "find_order": scoped(lambda r: {"orders": [o for o in ORDERS if o["reference"] == r["reference"]]}),
              "find_order_by_number": scoped(lambda r: {"orders": [o for o in ORDERS if by_number(o) == by_number(r)]})}

if __name__ == "__main__":
    Handler.operations = OPERATIONS
    server, base = listen(Handler)
    print(base, flush=True)
    server.serve_forever()

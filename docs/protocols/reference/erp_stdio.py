#!/usr/bin/env python3
"""An ERP connector of one's own, whole: the ERP protocol in lines (../erp-stdio.md). Standard library only.

The gateway starts it, hands it `options` = {"database": "/var/lib/…"} in the greeting, and may end it at any time: so its
state is in a file. In a real one the functions below ask an ERP instead of `State`.
"""
import json, sqlite3, sys
from datetime import datetime, timezone
from decimal import Decimal

TERMS = {code: {"code": code, "label": f"Net {days} days", "net_days": days} for code, days in [("NET30", 30), ("NET45", 45)]}

PARTS = {"GLV-100": ("BX", "12.40", "7")}  # unit, price, in stock


class Problem(Exception):
    """(kind, code, detail) as in ../README.md, section 4; nothing was changed."""


class State:
    """Rows of JSON; the sequence of a row is its version and its place in the feed."""

    def __init__(self, path):
        self.db = sqlite3.connect(path)
        self.db.execute("create table if not exists row (sequence integer primary key autoincrement, kind, id, body, unique (kind, id))")

    def rows(self, kind, after=0):
        found = self.db.execute("select sequence, id, body from row where kind = ? and sequence > ? order by sequence", (kind, after))
        return [(sequence, id, json.loads(body)) for sequence, id, body in found]

    def get(self, kind, id):
        found = self.db.execute("select sequence, body from row where kind = ? and id = ?", (kind, id)).fetchone()
        return found and {**json.loads(found[1]), **({"version": str(found[0])} if kind == "account" else {})}

    def put(self, kind, id, body):
        self.db.execute("delete from row where kind = ? and id = ?", (kind, id))
        self.db.execute("insert into row (kind, id, body) values (?, ?, ?)", (kind, id, json.dumps(body)))
        return self.get(kind, id)


def now():
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def open_state(params):
    """A new file begins with three customers, of whom one was deleted."""
    state = State(params["options"]["database"])
    if not state.rows("account"):
        hold = {"id": "H-1", "code": "PASTDUE", "removes": ["order"], "shopper": "Please call us.", "since": now()}
        for id, name, holds in [("C-1001", "Acme Corp.", []), ("C-1002", "Béta GmbH", [hold])]:
            state.put("account", id, {"external_id": id, "code": id[2:], "name": name, "active": True, "currency": "USD", "holds": holds,
                                      "contacts": [{"id": "P-1", "name": f"Purchasing of {name}"}, {"id": "P-2", "name": "花子 Łęcka"}],
                                      "terms": TERMS["NET30"], "changed_at": now(),
                                      "credit_limit": {"kind": "amount", "amount": "10000.00", "currency": "USD"}})
        state.put("deleted", "C-0007", {})
    return state


def describe(state, _):
    return {"protocol": "punchgate-erp", "versions": [1], "name": "Example ERP", "time": now(), "operations": [*OPERATIONS],
            "scopes": [{"id": "", "label": "All"}],
            "qualities": {"cas": "native", "deletes": "tombstone", "order_reference_unique": True, "exposure_includes_open_orders": True,
                          "writable": ["terms", "credit_limit", "holds"], "tells": ["contacts"], "enforces": ["holds"],
                          "document_kinds": ["acknowledgement"]}}


def feed(kind):
    def page(state, request):
        after, limit, kinds = int(request.get("cursor") or 0), request.get("limit") or 100, request.get("kinds")
        rows = [row for row in state.rows(kind, after) if not kinds or row[2]["kind"] in kinds]
        end = rows[:limit][-1][0] if rows[limit:] else max([after] + [row[0] for row in state.rows(kind) + state.rows("deleted")])
        gone = [id for sequence, id, _ in state.rows("deleted", after) if kind == "account" and sequence <= end]
        items = [state.get(kind, id) for _, id, _ in rows[:limit]]
        return {"items": items, "deleted": gone, "next_cursor": str(end), "more": len(rows) > limit}
    return page


def by_keys(row):
    def answer(state, request):
        here = {key: state.get("account", key) for key in request["keys"]}
        return {"items": [row(state, account) for account in here.values() if account], "missing": [key for key in here if not here[key]]}
    return answer


def exposure(state, account):
    open_orders = [o for _, _, o in state.rows("order") if o["customer"] == account["external_id"] and o["state"] != "cancelled"]
    total = sum((Decimal(order["total"]["amount"]) for order in open_orders), Decimal("0.00"))
    return {"external_id": account["external_id"], "open_items": {"amount": "8100.00", "currency": "USD"}, "includes_open_orders": True,
            "open_orders": {"amount": str(round(total, 2)), "currency": "USD"}, "as_of": now()}


def patch_account(state, request):
    account, patch = state.get("account", request["external_id"]), request["patch"]
    if account is None:
        raise Problem("not_found", "unknown_account", f"there is no account {request['external_id']}")
    if account["version"] != request["expect"]:
        return {"result": "conflict", "account": account}
    changed = {**account, "credit_limit": patch.get("credit_limit") or account["credit_limit"]}
    if changed["credit_limit"]["kind"] == "unknown" or changed["credit_limit"].get("currency", "USD") != account["currency"]:
        return {"result": "rejected", "rejected": [{"field": "credit_limit", "code": "currency", "message": "a limit is in the account's currency"}]}
    if "terms" in patch:
        wanted = patch["terms"] and patch["terms"]["code"]
        if wanted and wanted not in TERMS:
            return {"result": "rejected", "rejected": [{"field": "terms", "code": "unknown", "message": f"there are no terms {wanted}"}]}
        changed["terms"] = TERMS.get(wanted)
    placed = [{**hold, "placed_by": request["actor"]} for hold in patch.get("place_holds") or []]
    gone = [hold["id"] for hold in placed] + (patch.get("release_holds") or [])
    changed["holds"] = [hold for hold in account["holds"] if hold["id"] not in gone] + placed
    if changed != account:
        account = state.put("account", request["external_id"], {**changed, "changed_at": now(), "changed_by": request["actor"]})
    return {"result": "applied", "account": account}


def submit_order(state, request):
    if existing := state.get("order", request["reference"]):
        return {"result": "existing", "order": existing}
    account = state.get("account", request["customer"])
    if account is None or not account["active"]:
        return {"result": "rejected", "code": "customer", "message": f"there is no customer {request['customer']}"}
    stops = lambda hold: hold.get("removes") is None or {"order", "order_on_terms"} & {*hold["removes"]}
    number, held = str(20001 + len(state.rows("order"))), next(filter(stops, account["holds"]), None)
    asked = {key: request[key] for key in ("reference", "purchase_order_number", "customer")}
    order = {**asked, "order_id": f"SO-{number}", "order_number": number, "total": request["total"], "created_at": now(),
             **({"state": "on_hold", "hold": {"code": held["code"], "message": f"hold {held['id']}"}} if held else {"state": "open"})}
    state.put("order", request["reference"], order)
    if not held:
        acknowledge(state, f"ACK-{number}", order, request)
    return {"result": "created", "order": order}


def acknowledge(state, id, order, request):
    copied = ("line_number", "part_id", "quantity", "unit")
    about = {key: order[key] for key in ("reference", "purchase_order_number", "customer", "order_id")}
    lines = [{**{key: line[key] for key in copied}, "status": "accepted"} for line in request["lines"]]
    state.put("document", id, {**about, "document_id": id, "kind": "acknowledgement", "issued_at": now(), "outcome": "accepted", "lines": lines})


def change_order(state, request):
    order = state.get("order", request["reference"])
    if order is None or order["order_id"] != request["order_id"]:
        raise Problem("not_found", "unknown_order", f"there is no order {request['order_id']}")
    if order["state"] == "cancelled":
        return {"result": "refused", "code": "cancelled", "message": "the order is cancelled", "order": order}
    if order.get("revision", 1) < request["revision"]:
        order = state.put("order", request["reference"], {**order, "total": request["total"], "revision": request["revision"]})
        if order["state"] == "open":
            acknowledge(state, f"ACK-{order['order_number']}-{request['revision']}", order, request)
    return {"result": "changed", "order": order}


def cancel_order(state, request):
    order = state.get("order", request["reference"])
    if order is None or order["order_id"] != request["order_id"]:
        raise Problem("not_found", "unknown_order", f"there is no order {request['order_id']}")
    order = {**{key: order[key] for key in order if key != "hold"}, "state": "cancelled"}
    return {"result": "cancelled", "order": state.put("order", request["reference"], order)}


def find_order(state, request):
    order = state.get("order", request["reference"])
    return {"orders": [order] if order else []}


def find_order_by_number(state, request):
    """Also what a shop has passed on to the ERP, under a reference of its own."""
    wanted = (request["customer"], request["purchase_order_number"])
    return {"orders": [o for _, _, o in state.rows("order") if (o["customer"], o["purchase_order_number"]) == wanted]}


def by_queries(field, without, told):
    """One answer a query, in their order; `told` gives the answer, or a text that says why there is none."""
    def answer(state, request):
        found = [told(state, query, PARTS.get(query["part_id"], ("",))) for query in request["queries"]]
        return {field: [{"result": without, "message": said} if isinstance(said, str) else said for said in found]}
    return answer


def price(state, query, part):
    if part[0] != query["unit"] or not state.get("account", query["customer"]):
        return f"{query['part_id']} is not sold so to {query['customer']}"
    return {"result": "price", "unit_price": {"amount": part[1], "currency": "USD"}}


def availability(state, query, part):
    if part[0] != query["unit"] or query.get("warehouse"):
        return f"{query['part_id']} is not kept so"
    return {"result": "available", "quantity": part[2], "unit": part[0]}


OPERATIONS = {"describe": describe, "accounts": feed("account"), "account": by_keys(lambda _, account: account), "exposure": by_keys(exposure),
              "patch_account": patch_account, "submit_order": submit_order, "find_order": find_order,
              "change_order": change_order, "cancel_order": cancel_order,
              "find_order_by_number": find_order_by_number, "documents": feed("document"),
              "prices": by_queries("prices", "none", price), "stock": by_queries("stock", "unknown", availability)}


def answer(state, method, params):
    if method not in OPERATIONS:
        raise Problem("unsupported", "operation", f"there is no operation {method}")
    if params.get("scope", "") != "":
        raise Problem("not_found", "unknown_scope", f"there is no scope '{params['scope']}'")
    with state.db:  # Committed before it is answered, or not at all.
        return OPERATIONS[method](state, params)


def main():
    state = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["method"] == "hello":
                state, request["method"] = open_state(request["params"]), "describe"
            said = {"result": answer(state, request["method"], request["params"])}
        except Problem as problem:
            said = {"error": dict(zip(("kind", "code", "detail"), problem.args))}
        print(json.dumps({"id": request["id"], **said}), flush=True)  # Everything else that is printed goes to stderr.


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""All that may be asked of an ERP connector of one's own (../erp-stdio.md): to the accounts and orders of erp_stdio.py, which lies beside
it, come writes, exposure, changes and cancellations, documents, prices and stock. Standard library only.
"""
from decimal import Decimal
from functools import partial

import erp_stdio
from erp_stdio import OPERATIONS, QUALITIES, Problem, account, feed, now, serve

TERMS = {code: {"code": code, "label": f"Net {days} days", "net_days": days} for code, days in [("NET30", 30), ("NET45", 45)]}

PARTS = {"GLV-100": ("BX", "12.40", "7")}  # unit, price, in stock


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


def exposure(state, account):
    open_orders = [o for _, _, o in state.rows("order") if o["customer"] == account["external_id"] and o["state"] != "cancelled"]
    total = sum((Decimal(order["total"]["amount"]) for order in open_orders), Decimal("0.00"))
    return {"external_id": account["external_id"], "open_items": {"amount": "8100.00", "currency": "USD"}, "includes_open_orders": True,
            "open_orders": {"amount": str(round(total, 2)), "currency": "USD"}, "as_of": now()}


def exposures(state, request):
    found = account(state, request)
    return {**found, "items": [exposure(state, one) for one in found["items"]]}


def submit_order(state, request):
    said = erp_stdio.submit_order(state, request)
    if said["result"] == "created" and said["order"]["state"] == "open":
        acknowledge(state, f"ACK-{said['order']['order_number']}", said["order"], request)
    return said


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


QUALITIES.update({"cas": "native", "writable": ["terms", "credit_limit", "holds"], "exposure_includes_open_orders": True,
                  "document_kinds": ["acknowledgement"]})
OPERATIONS.update({"patch_account": patch_account, "exposure": exposures, "submit_order": submit_order, "change_order": change_order,
                   "cancel_order": cancel_order, "find_order_by_number": find_order_by_number, "documents": partial(feed, "document"),
                   "prices": by_queries("prices", "none", price), "stock": by_queries("stock", "unknown", availability)})
if __name__ == "__main__":
    serve(OPERATIONS)

#!/usr/bin/env python3
"""An ERP connector of one's own in a hundred lines: the ERP protocol, a line a message (../erp-stdio.md). Standard library only.
The gateway starts it, hands it `options` = {"database": "/var/lib/…"} in the greeting, and may end it at any time: so its state is in
a file. In a real one the functions below ask an ERP instead of `State`; erp_stdio_whole.py can do all that may be asked of an ERP.
"""
import datetime, json, sqlite3, sys

TERMS, LIMIT = {"code": "NET30", "label": "Net 30 days", "net_days": 30}, {"kind": "amount", "amount": "10000.00", "currency": "USD"}
QUALITIES = {"deletes": "tombstone", "order_reference_unique": True, "enforces": ["holds"], "tells": ["contacts"]}

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
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

def open_state(params):
    """A new file begins with three customers, of whom one was deleted."""
    state = State(params["options"]["database"])
    if not state.rows("account"):
        hold = {"id": "H-1", "code": "PASTDUE", "removes": ["order"], "shopper": "Please call us.", "since": now()}
        for id, name, holds in [("C-1001", "Acme Corp.", []), ("C-1002", "Béta GmbH", [hold])]:
            contacts = [{"id": "P-1", "name": f"Purchasing of {name}"}, {"id": "P-2", "name": "花子 Łęcka"}]
            body = {"external_id": id, "code": id[2:], "name": name, "active": True, "currency": "USD", "contacts": contacts}
            state.put("account", id, {**body, "terms": TERMS, "credit_limit": LIMIT, "holds": holds, "changed_at": now()})
        state.put("deleted", "C-0007", {})
        state.db.commit()
    return state

def feed(kind, state, request):
    after, limit, kinds = int(request.get("cursor") or 0), request.get("limit") or 100, request.get("kinds")
    rows = [row for row in state.rows(kind, after) if not kinds or row[2]["kind"] in kinds]
    end = rows[:limit][-1][0] if rows[limit:] else max([after] + [row[0] for row in state.rows(kind) + state.rows("deleted")])
    gone = [id for sequence, id, _ in state.rows("deleted", after) if kind == "account" and sequence <= end]
    items = [state.get(kind, id) for _, id, _ in rows[:limit]]
    return {"items": items, "deleted": gone, "next_cursor": str(end), "more": len(rows) > limit}

def account(state, request):
    here = {key: state.get("account", key) for key in request["keys"]}
    return {"items": [found for found in here.values() if found], "missing": [key for key in here if not here[key]]}

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
    return {"result": "created", "order": order}

def find_order(state, request):
    order = state.get("order", request["reference"])
    return {"orders": [order] if order else []}

def answer(state, operations, method, params):
    if method == "describe":
        return {"protocol": "punchgate-erp", "versions": [1], "name": "Example ERP", "time": now(), "scopes": [{"id": "", "label": "All"}],
                "operations": ["describe", *operations], "qualities": QUALITIES}
    if method not in operations:
        raise Problem("unsupported", "operation", f"there is no operation {method}")
    if params.get("scope", "") != "":
        raise Problem("not_found", "unknown_scope", f"there is no scope '{params['scope']}'")
    with state.db:  # Committed before it is answered, or not at all.
        return operations[method](state, params)

def serve(operations):
    state = None
    for request in map(json.loads, sys.stdin):
        try:
            if request["method"] == "hello":
                state, request["method"] = open_state(request["params"]), "describe"
            said = {"result": answer(state, operations, request["method"], request["params"])}
        except Problem as problem:
            said = {"error": dict(zip(("kind", "code", "detail"), problem.args))}
        print(json.dumps({"id": request["id"], **said}), flush=True)  # Everything else that is printed goes to stderr.

OPERATIONS = {"accounts": lambda *asked: feed("account", *asked), "account": account, "submit_order": submit_order, "find_order": find_order}
if __name__ == "__main__":
    serve(OPERATIONS)

"""What both reference servers share: signatures, errors, HTTP (../README.md). Standard library only."""
import base64, hashlib, hmac, json, os, sys, threading, time
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRETS = [base64.b64decode(s.removeprefix("whsec_")) for s in os.environ["PUNCHGATE_SECRET"].split()]
STATUS = {"auth": 401, "forbidden": 403, "not_found": 404, "conflict": 409, "rejected": 422, "rate_limited": 429,
          "temporary": 503, "unsupported": 501, "invalid": 400}
LOCK, SEEN = threading.Lock(), {}


class Problem(Exception):
    def __init__(self, kind, code, detail):
        self.kind, self.body = kind, {"kind": kind, "code": code, "detail": detail}


def now(seconds=0):
    return (datetime.now(timezone.utc) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def macs(id, timestamp, body):
    text = f"{id}.{timestamp}.".encode() + body
    return ["v1," + base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode() for key in SECRETS]


def verified(headers, body):
    """The request, if it is signed, fresh, and never seen before."""
    triple = [headers.get_all(f"webhook-{name}") or [] for name in ("id", "timestamp", "signature")]
    if any(len(values) != 1 for values in triple):
        raise Problem("auth", "headers", "the three webhook headers must be there once each")
    id, timestamp, signatures = (values[0] for values in triple)
    if not (timestamp.isascii() and timestamp.isdigit()) or abs(time.time() - int(timestamp)) > 300:
        raise Problem("auth", "timestamp", "the timestamp is not within 300 seconds of our clock")
    ours = macs(id, timestamp, body)
    if not any([hmac.compare_digest(a.encode(), b.encode()) for a in ours for b in signatures.split(" ")]):
        raise Problem("auth", "signature", "no signature fits")
    for old in [seen for seen, at in SEEN.items() if at < time.time() - 600]:
        del SEEN[old]
    if id in SEEN:
        raise Problem("auth", "replayed", "this request id was used before")
    SEEN[id] = time.time()
    try:
        request = json.loads(body)
    except ValueError:
        raise Problem("invalid", "json", "the body is not JSON")
    if not isinstance(request, dict) or request.get("request_id") != id:
        raise Problem("invalid", "request_id", "request_id is not the webhook-id")
    if request.get("version") != 1:
        raise Problem("unsupported", "version", "only version 1 is spoken here")
    return request


class Handler(BaseHTTPRequestHandler):
    protocol_version, disable_nagle_algorithm = "HTTP/1.1", True
    operations = {}
    log_message = lambda self, *_: None

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        kind, status, answer = "json", 200, None
        with LOCK:
            try:
                request, operation = verified(self.headers, body), self.path.rsplit("/", 1)[-1]
                if request.get("operation") != operation:
                    raise Problem("invalid", "operation", "operation is not the path's")
                if operation not in self.operations:
                    raise Problem("unsupported", "operation", f"there is no operation {operation}")
                answer = self.operations[operation](request)
            except Problem as problem:
                kind, status, answer = "problem+json", STATUS[problem.kind], problem.body
            except (KeyError, TypeError, ValueError, ArithmeticError) as error:
                kind, status, answer = "problem+json", 400, Problem("invalid", "body", repr(error)).body
        data, id, timestamp = json.dumps(answer).encode(), self.headers.get("webhook-id", "none"), str(int(time.time()))
        self.send(status, data, {"content-type": f"application/{kind}", "webhook-id": id, "webhook-timestamp": timestamp,
                                 "webhook-signature": " ".join(macs(id, timestamp, data))})

    def send(self, status, data, headers):
        self.send_response(status)
        for name, value in {**headers, "content-length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)


def listen(handler):
    """Listens on the port that the command line names, or on a free one; returns the server and its address."""
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 0), handler)
    return server, f"http://127.0.0.1:{server.server_port}/"

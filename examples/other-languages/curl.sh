#!/usr/bin/env bash
# The mock from a shell, with curl and openssl. Only the receiver of webhooks is
# a few lines of Python.
set -euo pipefail
MOCK_URL=${MOCK_URL:-http://127.0.0.1:8080}
work=$(mktemp -d)
receiver=
trap '[ -z "$receiver" ] || kill "$receiver"; rm -r "$work"' EXIT

TOKEN=test_curl_$$_$RANDOM # a credential that starts with test_ has a server of its own
api() { curl -sS --max-time 30 -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' "$@"; }
has() { grep -qF -- "$2" <<<"$1" || { printf 'not in the answer: %s\n%s\n' "$2" "$1" >&2; exit 1; }; }

# A receiver: it writes what comes into files.
cat >"$work/receiver.py" <<'PY'
import http.server, os, sys
class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        open("body", "wb").write(self.rfile.read(int(self.headers["Content-Length"])))
        open("signature", "w").write(self.headers["X-Maia-Signature"])
        self.send_response(200)
        self.end_headers()
    def log_message(self, *_):
        pass
server = http.server.HTTPServer(("127.0.0.1", 0), Receiver)
open("port.new", "w").write(str(server.server_port))
os.rename("port.new", "port")
server.serve_forever()
PY
(cd "$work" && exec python3 receiver.py) &
receiver=$!
until [ -e "$work/port" ]; do read -rt 0.05 <> <(:) || :; done
api "$MOCK_URL/_mock/webhook" -d '{"url":"http://127.0.0.1:'"$(cat "$work/port")"'/webhook","secret":"s3cret"}' >/dev/null

# Send a message to the AI, and wait until its answer was delivered.
has "$(api "$MOCK_URL/messages" -d '{"content":"Where is my order?","fromChannelIdentifier":"support","sessionId":"order-1042"}')" '"isNewSession":true'
has "$(api "$MOCK_URL/_mock/wait?deliveries=1&idle=true")" '"deliveries":1'
has "$(cat "$work/body")" '"response":"You said: Where is my order?"'

# The signature is over the raw bytes.
expected=$(openssl dgst -sha256 -hmac s3cret <"$work/body" | sed 's/.*= *//')
[ "$expected" = "$(cat "$work/signature")" ] || { echo 'the signature is wrong' >&2; exit 1; }

# One call fails on purpose, and the journal has it.
has "$(api "$MOCK_URL/_mock/faults" -d '{"op":"Messages.Send","kind":"Refuse","status":429,"times":1}')" '"name":"Messages.Send/Refuse429"'
has "$(api "$MOCK_URL/messages" -d '{"content":"Hello?","fromChannelIdentifier":"support","sessionId":"order-1042"}')" '"error":"Too Many Requests"'
has "$(api "$MOCK_URL/_mock/requests?op=Messages.Send&since=1")" '"status":429'

# The other side speaks too, and the transcript has it all.
api "$MOCK_URL/_mock/human-says" -d '{"sessionId":"order-1042","text":"It left today."}' >/dev/null
diff <(api "$MOCK_URL/_mock/transcript?sessionId=order-1042") - <<'EOF'
customer: Where is my order?
ai: You said: Where is my order?
human: It left today.
EOF
api -X POST "$MOCK_URL/_mock/reset" >/dev/null
echo 'curl: sent, delivered, verified, refused, transcribed'

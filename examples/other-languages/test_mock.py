"""The mock from Python, with the standard library alone: python3 -m unittest test_mock.py"""

import hashlib
import hmac
import json
import os
import threading
import unittest
import urllib.error
import urllib.request
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MOCK = os.environ.get("MOCK_URL", "http://127.0.0.1:8080")
SECRET = "python-secret"


class Receiver(BaseHTTPRequestHandler):
    """Takes webhooks, and keeps their raw bytes and their signatures."""

    def do_POST(self):
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.events.append((raw, self.headers["X-Maia-Signature"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class MockTest(unittest.TestCase):
    def setUp(self):
        # A credential that starts with test_ has a server of its own.
        self.credential = "test_" + uuid.uuid4().hex
        self.receiver = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
        self.receiver.events = []
        threading.Thread(target=self.receiver.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{self.receiver.server_port}/webhook"
        self.assertEqual(self.call("POST", "/_mock/webhook", {"url": url, "secret": SECRET})[0], 200)

    def tearDown(self):
        self.call("POST", "/_mock/reset")
        self.receiver.shutdown()
        self.receiver.server_close()

    def call(self, method, path, body=None):
        request = urllib.request.Request(
            MOCK + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": "Bearer " + self.credential, "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, json.load(refused)

    def send(self, content):
        return self.call("POST", "/messages", {"content": content, "fromChannelIdentifier": "support", "sessionId": "order-1042"})

    def test_the_answer_comes_as_a_signed_webhook(self):
        status, _ = self.send("Where is my order? 👍")
        self.assertEqual(status, 202)
        self.assertEqual(self.call("GET", "/_mock/wait?deliveries=1&idle=true")[0], 200)

        raw, signature = self.receiver.events[0]
        expected = hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest()  # over the bytes, before anything parses them
        self.assertTrue(hmac.compare_digest(signature, expected))
        self.assertEqual(json.loads(raw)["response"], "You said: Where is my order? 👍")

    def test_a_call_that_fails_leaves_no_message(self):
        self.call("POST", "/_mock/faults", {"op": "Messages.Send", "kind": "Refuse", "status": 503, "times": 1})
        self.assertEqual(self.send("Hello?")[0], 503)

        _, journal = self.call("GET", "/_mock/requests?op=Messages.Send")
        self.assertEqual([r["status"] for r in journal["items"]], [503])
        self.assertEqual(journal["items"][0]["fault"]["kind"], "Refuse")
        _, sessions = self.call("GET", "/_mock/sessions")
        self.assertEqual(sessions["items"], [])


if __name__ == "__main__":
    unittest.main()

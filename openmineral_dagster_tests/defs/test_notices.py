"""A failure is told: in a file always, by webhook and e-mail where set up, and never at a night's cost."""

import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from aiosmtpd.controller import Controller

from openmineral_dagster.defs import notices
from openmineral_dagster.defs.notices import tell
from openmineral_dagster.lake.root import DataRoot


@pytest.fixture
def root(tmp_path):
    return DataRoot(tmp_path / "root", tmp_path)


def told(root):
    return [json.loads(line) for line in (root.path / "notices.jsonl").read_text().splitlines()]


class Hook(BaseHTTPRequestHandler):
    """Keeps what is posted; slow or broken when its server says so."""

    def do_POST(self):
        time.sleep(self.server.delay_s)
        self.server.posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *args):
        """Nothing."""


@pytest.fixture
def hook():
    server = HTTPServer(("127.0.0.1", 0), Hook)
    server.posted, server.status, server.delay_s = [], 200, 0.0
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


class Mailbox:
    """Keeps what is mailed."""

    def __init__(self):
        self.messages = []

    async def handle_DATA(self, server, session, envelope):
        self.messages.append(envelope.content.decode())
        return "250 OK"


def test_a_notice_is_a_line_of_a_file(root):
    tell(root, "nightly failed", "no space\nleft", {"run_id": "1", "partition": "2026-11-20"}, {})
    ((notice),) = told(root)
    assert (notice["title"], notice["body"], notice["partition"]) == ("nightly failed", "no space left", "2026-11-20")
    assert notice["at"].endswith("+00:00")


def test_a_webhook_is_posted(root, hook):
    address = f"json://127.0.0.1:{hook.server_port}/hook"
    tell(root, "nightly failed", "no space left", {}, {"OPENMINERAL_NOTIFY": address})
    ((posted),) = hook.posted
    assert (posted["title"], posted["message"]) == ("nightly failed", "no space left")
    assert len(told(root)) == 1


def test_a_mail_is_sent(root):
    mailbox = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        address = f"mailto://127.0.0.1:{port}?from=desk@example.org&to=risk@example.org&mode=insecure"
        tell(root, "nightly failed", "no space left", {}, {"OPENMINERAL_NOTIFY": address})
    finally:
        controller.stop()
    ((message),) = mailbox.messages
    assert "Subject: nightly failed" in message
    assert len(told(root)) == 1


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("json://user:secret@127.0.0.1:9/token", "refused or unreachable"),
        ("nothing at all: secret", "an address"),
        ("mailto://desk:pa[secret@example.com", "mailto"),
        ("Secrettoken:secret", "an address"),
    ],
)
def test_an_address_that_cannot_be_told_is_noted_without_its_secrets(root, address, said):
    tell(root, "nightly failed", "x", {}, {"OPENMINERAL_NOTIFY": address})
    first, second = told(root)
    assert first["title"] == "nightly failed"
    assert said in second["body"]
    assert "secret" not in json.dumps(second)
    assert "token" not in json.dumps(second)


def test_one_that_hangs_or_refuses_holds_nobody_up(root, hook, monkeypatch):
    monkeypatch.setattr(notices, "PATIENCE_S", 0.3)
    hook.delay_s, hook.status = 2.0, 500
    address = f"json://127.0.0.1:{hook.server_port}/hook"
    started = time.monotonic()
    tell(root, "nightly failed", "x", {}, {"OPENMINERAL_NOTIFY": address})
    assert time.monotonic() - started < 2
    assert "no answer" in told(root)[1]["body"]

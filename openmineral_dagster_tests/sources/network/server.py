"""A web server that answers as publishers do, in health and in their real failures. Asked as http://127.0.0.1:PORT/host/path."""

import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Behaviour = Callable[["Handler"], None]
Page = bytes | Behaviour


class Handler(BaseHTTPRequestHandler):
    """Answers from the pages of its server, with entity tags, or as a page's own behaviour has it."""

    protocol_version = "HTTP/1.1"
    server: "Publishers"

    def do_GET(self):
        self.server.asked[self.path] += 1
        page = self.server.pages.get(self.path)
        with suppress(ConnectionError):
            if page is None:
                answer(self, 404, b"no such page")
            elif isinstance(page, bytes):
                self._serve(page)
            else:
                page(self)

    def _serve(self, content):
        tag = f'"{sha256(content).hexdigest()[:16]}"'
        if self.headers.get("If-None-Match") == tag:
            self.server.unchanged[self.path] += 1
            answer(self, 304, b"")
        else:
            answer(self, 200, content, ETag=tag)

    def log_message(self, *args):
        """Nothing: the test says what it saw."""


class Publishers(ThreadingHTTPServer):
    """The server: its pages by path, and how often each was asked for and found unchanged."""

    daemon_threads = True
    block_on_close = False

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages: dict[str, Page] = {}
        self.asked: Counter[str] = Counter()
        self.unchanged: Counter[str] = Counter()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def publish(self, pages: dict[str, Page]) -> None:
        """Serve `pages`, by their true addresses."""
        self.pages.update({path_of(url): page for url, page in pages.items()})

    def times_asked(self, url: str) -> int:
        return self.asked[path_of(url)]


def path_of(url: str) -> str:
    return "/" + url.split("://", 1)[1]


@contextmanager
def serving() -> Iterator[Publishers]:
    server = Publishers()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def answer(handler: Handler, status: int, content: bytes, **headers: str) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)


def web_page(handler: Handler) -> None:
    """200, but a page for people."""
    answer(
        handler, 200, b"<!DOCTYPE html><html><body>Please enable JavaScript to continue</body></html>", Content_Type="text/html"
    )


def status(code: int, **headers: str) -> Behaviour:
    return lambda handler: answer(handler, code, b"sorry", **headers)


def cut_short(content: bytes) -> Behaviour:
    """Announces all of it, sends half and closes."""

    def behave(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content[: len(content) // 2])
        handler.close_connection = True

    return behave


def cut_short_in_silence(content: bytes) -> Behaviour:
    """Sends half, announces nothing, and closes as if that were all."""

    def behave(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(content[: len(content) // 2])
        handler.close_connection = True

    return behave


def trickle(content: bytes, pause_s: float) -> Behaviour:
    """A byte at a time, never silent for long."""

    def behave(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        for byte in content:
            handler.wfile.write(bytes([byte]))
            handler.wfile.flush()
            time.sleep(pause_s)

    return behave


def slow_headers(pause_s: float) -> Behaviour:
    """A header that grows by a byte at a time and never ends."""

    def behave(handler: Handler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        for _ in range(200):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(pause_s)

    return behave


def silent(seconds: float) -> Behaviour:
    return lambda handler: time.sleep(seconds)


def redirect_forever(handler: Handler) -> None:
    answer(handler, 302, b"", Location=f"{handler.path}")


def redirect_to(location: str) -> Behaviour:
    return lambda handler: answer(handler, 302, b"", Location=location)


def gzip_bomb(megabytes: int) -> Behaviour:
    """A few kilobytes that unpack to a thousand times as much."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    million = bytes(1_000_000)
    packed = b"".join(packer.compress(million) for _ in range(megabytes)) + packer.flush()
    return lambda handler: answer(handler, 200, packed, Content_Encoding="gzip")


def first(times: int, behaviour: Behaviour, then: bytes) -> Behaviour:
    """`behaviour` for the first `times` requests, `then` afterwards."""
    left = iter(range(times))

    def behave(handler: Handler) -> None:
        if next(left, None) is None:
            answer(handler, 200, then)
        else:
            behaviour(handler)

    return behave

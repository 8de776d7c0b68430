"""A model service on a real socket of this machine that answers as it is told: well, or in any way services fail."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

KEY = "the-key-of-the-tests"
MODELS = "small,large"
MEGABYTES = 50

Behaviour = Callable[["Handler"], None]


@dataclass
class Request:
    """One request as it came."""

    path: str
    key: str
    body: dict[str, Any]


@dataclass
class ProviderStub:
    """The service; `behaviours` are used up in turn, the last of them stays."""

    behaviours: list[Behaviour] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    strays: list[str] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    address: str = ""

    def will(self, *behaviours: Behaviour) -> None:
        """Behave so from now on."""
        with self.lock:
            self.behaviours = list(behaviours)

    def next_behaviour(self) -> Behaviour:
        """What to do with the request that just came."""
        with self.lock:
            return self.behaviours.pop(0) if len(self.behaviours) > 1 else self.behaviours[0]


class Handler(BaseHTTPRequestHandler):
    """Reads a chat completion request and lets the stub's behaviour answer it."""

    protocol_version = "HTTP/1.1"
    stub: ProviderStub
    asked: dict[str, Any]

    def do_POST(self) -> None:
        self.asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not self.path.endswith("/v1/chat/completions"):
            self.stub.strays.append(self.path)
        key = self.headers.get("Authorization", "").removeprefix("Bearer ")
        self.stub.requests.append(Request(self.path, key, self.asked))
        with suppress(OSError):
            self.stub.next_behaviour()(self)

    def do_GET(self) -> None:
        # Nobody has a reason to come here but one who follows a redirect.
        self.stub.strays.append(self.path)
        self.send(200, b"{}")

    @property
    def model(self) -> str:
        return str(self.asked["model"])

    @property
    def is_streamed(self) -> bool:
        return bool(self.asked.get("stream"))

    def send(self, status: int, body: bytes, kind: str = "application/json", **headers: str) -> None:
        """A whole answer."""
        self.begin(status, kind, len(body), **headers)
        self.wfile.write(body)

    def begin(self, status: int, kind: str, length: int | None, **headers: str) -> None:
        """Status and headers; without a length the body lasts until the connection ends."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if length is None:
            self.send_header("Connection", "close")
            self.close_connection = True
        else:
            self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        """Say nothing: tests look at `requests`."""


def whole(model: str, content: str, finish: str | None = "stop") -> bytes:
    """A chat completion; its `content` is JSON text, escapes and all."""
    choice = {"index": 0, "message": {"role": "assistant", "content": "@"}, "finish_reason": finish}
    usage = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
    made = {"id": "c1", "object": "chat.completion", "created": 1, "model": model, "choices": [choice]}
    return json.dumps({**made, "usage": usage}).replace('"@"', content).encode()


def piece(model: str, content: str, finish: str | None = None) -> bytes:
    """An event of a streamed completion; its `content` is JSON text, escapes and all."""
    choice = {"index": 0, "delta": {"content": "@"}, "finish_reason": finish}
    made = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": model, "choices": [choice]}
    return b"data: " + json.dumps(made).replace('"@"', content).encode() + b"\n\n"


def answer(text: str) -> Behaviour:
    """Answer with `text`, word by word where it is streamed."""

    def behave(handler: Handler) -> None:
        if not handler.is_streamed:
            handler.send(200, whole(handler.model, json.dumps(text)))
            return
        handler.begin(200, "text/event-stream", None)
        words = text.split(" ")
        for place, word in enumerate(words):
            handler.wfile.write(piece(handler.model, json.dumps(word if place == 0 else f" {word}")))
        end(handler)

    return behave


def end(handler: Handler) -> None:
    """The end of a stream, with its usage."""
    usage = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
    last = json.loads(piece(handler.model, '""', "stop").removeprefix(b"data: "))
    # Groq and the others say their usage in different places.
    last |= {"x_groq": {"id": "r1", "usage": usage}} if "openai" in handler.path else {"usage": usage}
    handler.wfile.write(b"data: " + json.dumps(last).encode() + b"\n\ndata: [DONE]\n\n")


def content(json_text: str) -> Behaviour:
    """Answer with a content given as JSON text, escapes and all."""

    def behave(handler: Handler) -> None:
        if not handler.is_streamed:
            handler.send(200, whole(handler.model, json_text))
            return
        handler.begin(200, "text/event-stream", None)
        handler.wfile.write(piece(handler.model, json_text))
        end(handler)

    return behave


def status(code: int, body: str = '{"error": {"message": "no"}}', **headers: str) -> Behaviour:
    """Refuse with an HTTP status."""
    return lambda handler: handler.send(code, body.encode(), **headers)


def echo_key(code: int) -> Behaviour:
    """Refuse with a message that quotes the key, as some services do."""
    return status(code, json.dumps({"error": {"message": f"Invalid key {KEY}"}}))


def hang(handler: Handler) -> None:
    """Say nothing until the test is over."""
    handler.stub.released.wait(60)


def hang_in_the_middle(handler: Handler) -> None:
    """Begin an answer, then say nothing until the test is over."""
    handler.begin(200, "text/event-stream" if handler.is_streamed else "application/json", 5000)
    handler.wfile.write(piece(handler.model, '"Half"') if handler.is_streamed else b'{"choices": [')
    handler.wfile.flush()
    handler.stub.released.wait(60)


def trickle(handler: Handler) -> None:
    """Send a byte now and then, so that the connection is never silent and the answer never there."""
    handler.begin(200, "text/event-stream" if handler.is_streamed else "application/json", 10**6)
    while not handler.stub.released.wait(0.02):
        handler.wfile.write(b" ")
        handler.wfile.flush()


def close_mid_body(handler: Handler) -> None:
    """Promise more than is sent."""
    body = piece(handler.model, '"Half of"') if handler.is_streamed else b'{"choices": [{"message": {"conte'
    handler.begin(200, "text/event-stream" if handler.is_streamed else "application/json", len(body) + 500)
    handler.wfile.write(body)
    handler.wfile.flush()
    handler.connection.shutdown(socket.SHUT_RDWR)


def break_off(handler: Handler) -> None:
    """End an answer without saying that it ended: a stream without its last event, an answer without a reason."""
    if not handler.is_streamed:
        handler.send(200, whole(handler.model, '"Half of"', None))
        return
    handler.begin(200, "text/event-stream", None)
    handler.wfile.write(piece(handler.model, '"Half of"'))


def html(handler: Handler) -> None:
    """Answer with a page, as proxies do."""
    handler.send(200, b"<!doctype html><title>Please sign in</title>", "text/html")


def truncated_json(handler: Handler) -> None:
    """Answer with JSON that ends too early."""
    if handler.is_streamed:
        handler.begin(200, "text/event-stream", None)
        handler.wfile.write(b'data: {"choices": [{"delta": {"con\n\n')
        return
    handler.send(200, whole(handler.model, '"Four."')[:-40])


def empty_choices(handler: Handler) -> None:
    """Answer with no choices at all."""
    body = json.dumps({"id": "c1", "object": "chat.completion", "model": handler.model, "choices": []})
    if handler.is_streamed:
        handler.send(200, f"data: {body}\n\ndata: [DONE]\n\n".encode(), "text/event-stream")
        return
    handler.send(200, body.encode())


def huge(handler: Handler) -> None:
    """Answer with 50 MB."""
    handler.begin(200, "text/event-stream" if handler.is_streamed else "application/json", None)
    handler.wfile.write(b"data: " if handler.is_streamed else b"")
    for _ in range(MEGABYTES * 16):
        handler.wfile.write(b" " * 65_536)


def other_model(handler: Handler) -> None:
    """Let another model answer than was asked."""
    handler.asked["model"] = "somebody-else"
    answer("Four.")(handler)


def error_in_stream(handler: Handler) -> None:
    """Begin well, then report an error in the body."""
    error = b'{"error": {"message": "overloaded", "type": "server_error"}}'
    if handler.is_streamed:
        handler.begin(200, "text/event-stream", None)
        handler.wfile.write(piece(handler.model, '"Half"') + b"data: " + error + b"\n\n")
        return
    handler.send(200, error)


def compressed(handler: Handler) -> None:
    """Claim that the answer is compressed, though nobody asked for that."""
    handler.send(200, b"\x1f\x8b\x08\x00", Content_Encoding="gzip")


def redirect(handler: Handler) -> None:
    """Send the caller to another address of this machine."""
    handler.send(302, b"", Location=f"{handler.stub.address}/secret")


@contextmanager
def serving(first: Behaviour) -> Iterator[ProviderStub]:
    """A service that behaves as `first` until it is told otherwise."""
    made = ProviderStub([first])
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("OurHandler", (Handler,), {"stub": made}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    made.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield made
    finally:
        made.released.set()
        server.shutdown()
        server.server_close()
        thread.join(5)


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[ProviderStub]:
    """The service, which both providers are set up to ask; it answers "Four." unless told otherwise."""
    with serving(answer("Four.")) as made:
        for name, value in environment(made).items():
            monkeypatch.setenv(name, value)
        yield made
    assert made.strays == [], "The service was asked for what nobody should ask it."


def environment(stub: ProviderStub) -> dict[str, str]:
    """The variables that lead both providers to the service."""
    return {
        "GROQ_API_KEY": KEY,
        "GROQ_BASE_URL": stub.address,
        "GROQ_MODELS": MODELS,
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": f"{stub.address}/v1",
        "OPENAI_MODELS": MODELS,
    }

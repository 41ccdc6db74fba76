"""An HTTP server of this machine whose answers a test writes."""

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class Request(BaseHTTPRequestHandler):
    """One request, and what answers may do with it."""

    def do_GET(self):
        server = self.server.owner
        server.seen.append((self.path, dict(self.headers)))
        server.answers[self.path](self)

    def begin(self, status=200, **headers):
        """Send the status and the headers; an underscore in a name stands for a hyphen."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def send(self, body, status=200, **headers):
        """Send a whole answer."""
        self.begin(status, Content_Length=len(body), **headers)
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


class Server:
    def __init__(self):
        self.answers: dict[str, Callable[[Request], None]] = {}
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Request)
        self.http.owner = self
        self.url = f"http://127.0.0.1:{self.http.server_port}"

    def answer(self, path, function):
        """Say how a path is answered, and return its address."""
        self.answers[path] = function
        return self.url + path


def with_ranges(content, tag='"one"'):
    """Answer as a good server does: from where it is asked, if the file is still the one that is asked for."""

    def answer(request):
        start = int(request.headers.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
        if not start or request.headers.get("If-Range") != tag:
            request.send(content, ETag=tag)
        elif start >= len(content):
            request.send(b"", 416, Content_Range=f"bytes */{len(content)}")
        else:
            end = len(content) - 1
            request.send(content[start:], 206, ETag=tag, Content_Range=f"bytes {start}-{end}/{len(content)}")

    return answer


def breaks_off(content, after, **headers):
    """Announce all of it, send a part and hang up."""

    def answer(request):
        request.begin(Content_Length=len(content), **headers)
        request.wfile.write(content[:after])

    return answer


@pytest.fixture
def server():
    started = Server()
    started.with_ranges, started.breaks_off = with_ranges, breaks_off
    thread = threading.Thread(target=started.http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield started
    started.http.shutdown()
    thread.join()
    started.http.server_close()

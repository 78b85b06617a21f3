"""Kaggle's HTTP interface on loopback: the API and the storage, as the real client uses them."""

import base64
import hashlib
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Kaggle:
    """What the stub has and how it behaves; `seen` are the requests that came."""

    archives: dict[int, bytes] = field(default_factory=dict)
    files: dict[int, dict[str, int]] = field(default_factory=dict)
    status: int = 200
    cuts: int = 0  # times that the connection breaks off half way
    md5: str = ""  # instead of the true one; none: none
    ignores_range: bool = False
    seconds: float = 0  # before each answer
    drip: float = 0  # between the blocks of a file
    seen: list[str] = field(default_factory=list)
    url: str = ""


@contextmanager
def running(kaggle: Kaggle) -> Iterator[Kaggle]:
    """The stub, at `kaggle.url`, as long as the block lasts."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"kaggle": kaggle}))
    kaggle.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield kaggle
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    kaggle: Kaggle

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name, version = self.path.rpartition("/")[2], request.get("datasetVersionNumber")
        self.kaggle.seen.append(name)
        time.sleep(self.kaggle.seconds)
        if self.kaggle.status != 200:
            self.answer({"code": self.kaggle.status, "message": "no"}, self.kaggle.status)
        elif name == "GetDataset":
            self.answer({"currentVersionNumber": max(self.kaggle.archives)})
        elif version not in self.kaggle.archives:
            self.answer({"code": 404, "message": "no such version"}, 404)
        elif name == "ListDatasetFiles":
            self.list_files(version, request)
        else:
            self.send_response(302)
            self.send_header("Location", f"{self.kaggle.url}/storage/{version}/archive.zip")
            self.end_headers()

    def list_files(self, version: int, request: dict[str, Any]) -> None:
        """In pages of two."""
        every, at = list(self.kaggle.files[version].items()), int(request.get("pageToken") or 0)
        page = [{"name": name, "totalBytes": size} for name, size in every[at : at + 2]]
        self.answer(
            {"datasetFiles": page, "nextPageToken": str(at + 2) if at + 2 < len(every) else ""}
        )

    def do_GET(self) -> None:
        data = self.kaggle.archives[int(self.path.split("/")[2])]
        wanted = "bytes=0-" if self.kaggle.ignores_range else self.headers.get("Range", "bytes=0-")
        start = int(re.sub(r"bytes=(\d+)-", r"\1", wanted))
        self.kaggle.seen.append(f"GET from {start}")
        self.send_response(206 if "Range" in self.headers else 200)
        self.send_header("Content-Length", str(len(data) - start))
        self.send_header("Accept-Ranges", "bytes")
        true = base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
        if self.kaggle.md5 != "none":
            self.send_header("X-Goog-Hash", f"md5={self.kaggle.md5 or true}")
        self.end_headers()
        self.send_blocks(data[start:])

    def send_blocks(self, data: bytes) -> None:
        if self.kaggle.cuts:
            self.kaggle.cuts -= 1
            data = data[: len(data) // 2]
        step = max(1, len(data) // 4)
        for at in range(0, len(data), step):
            self.wfile.write(data[at : at + step])
            self.wfile.flush()
            time.sleep(self.kaggle.drip)

    def answer(self, data: dict[str, Any], status: int = 200) -> None:
        body = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass

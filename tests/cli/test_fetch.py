"""``ner-window fetch``: from a server of this machine, whole, wrong, interrupted and killed."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from typer.testing import CliRunner

from ner_window.cli import app

SENTENCES = "Mara\tB-PER\nflew\tO\nto\tO\nOslo\tB-LOC\n.\tO\n\nThe\tO\nNorlake\tB-ORG\nBank\tI-ORG\nclosed\tO\n.\tO\n\n"
CORPUS = (SENTENCES * 1000).encode()  # 95,000 bytes

PROGRAM = """
import sys
from ner_window.fetch import catalog
file = catalog.RemoteFile({url!r}, {size}, "sha256:{digest}")
catalog.CATALOG = (catalog.Entry("tiny", "a corpus", "CC0", (file,), train=("f.conll",)),)
from ner_window.cli import main
main()
"""


class Handler(BaseHTTPRequestHandler):
    """Sends the corpus from where it is asked; the first answer stops in the middle if it is told so."""

    def do_GET(self):
        start = int(self.headers.get("Range", "bytes=0-")[6:-1])
        self.server.starts.append(start)
        self.send_response(206 if start else 200)
        self.send_header("ETag", '"one"')
        self.send_header("Content-Length", str(len(CORPUS) - start))
        self.send_header("Content-Range", f"bytes {start}-{len(CORPUS) - 1}/{len(CORPUS)}")
        self.end_headers()
        middle = len(CORPUS) // 2
        if self.server.wait and not start:
            self.wfile.write(CORPUS[:middle])
            self.server.wait.wait(20)
        self.wfile.write(CORPUS[start:] if start else CORPUS[middle if self.server.wait else 0 :])

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server():
    started = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    started.wait, started.starts = None, []
    thread = threading.Thread(target=started.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield started
    if started.wait:
        started.wait.set()
    started.shutdown()
    thread.join()
    started.server_close()


@pytest.fixture
def tiny(server, root, tmp_path):
    """Begin the program with a catalog of one corpus, that of the server."""
    url = f"http://127.0.0.1:{server.server_port}/f.conll"
    code = PROGRAM.format(url=url, size=len(CORPUS), digest=hashlib.sha256(CORPUS).hexdigest())

    def begin(*arguments):
        return subprocess.Popen(
            [sys.executable, "-c", code, "fetch", "tiny", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(root)},
            text=True,
        )

    return begin


def printed(*arguments):
    """What the command prints, without a process of its own."""
    result = CliRunner().invoke(app, ["fetch", *arguments])
    assert result.exit_code == 0
    return result.stdout


def test_what_there_is():
    header, *rows = printed().rstrip().split("\n")
    assert header.split() == ["name", "size", "splits", "licence", "what"]
    names = [entry["name"] for entry in json.loads(printed("--json"))]
    assert names[:6] == ["wnut17", "wikigold", "gum", "btc", "sec-filings", "conll2003"]
    assert [row.split()[0] for row in rows] == names


def test_a_corpus_that_may_not_be_handed_on(program, tmp_path):
    text = program("fetch", "conll2003", cwd=tmp_path).stdout
    assert "https://www.clips.uantwerpen.be/conll2003/ner/" in text
    assert "https://trec.nist.gov/data/reuters/reuters.html" in text
    assert '  dev: "data/conll2003/eng.testa"' in text
    assert list(tmp_path.iterdir()) == []
    assert json.loads(printed("conll2003", "--json"))["name"] == "conll2003"


def test_what_comes_trains(program, tiny, tmp_path):
    out, err = tiny().communicate(timeout=60)
    (tmp_path / "c.yaml").write_text(out)
    digest = hashlib.sha256(CORPUS).hexdigest()
    assert err.split("\n")[:2] == [
        "tiny: a corpus; licence: CC0",
        f"data/tiny/f.conll: {len(CORPUS):,} bytes, SHA-256 {digest}, which is as it should be",
    ]
    settings = ("vectors.source=random", "data.limit=100", "training.epochs=1")
    done = program("train", "c.yaml", "-q", *(word for s in settings for word in ("--set", s)), cwd=tmp_path)
    assert done.stdout.startswith("runs/c: dev F1 ")
    out, err = tiny("-q", "--json").communicate(timeout=60)
    assert err == ""
    assert json.loads(out)["files"][0]["sha256"] == digest


def test_wrong_bytes_leave_nothing(program, server, tmp_path):
    url = f"http://127.0.0.1:{server.server_port}"
    done = program("fetch", "wikigold", "--mirror", url, cwd=tmp_path, code=2)
    assert done.stdout == ""
    error = done.stderr.split("\n")[1]
    assert error.startswith(f"error: {url}/wikigold/wikigold.conll.txt: not the file that is known, its digest is ")
    assert list(tmp_path.iterdir()) == []


def until_half_is_there(process, tmp_path):
    """Wait until the part has grown to what the server sends at first."""
    part = tmp_path / "data" / "tiny" / ".fetch" / "f.conll.part"
    half = len(CORPUS) // 2 // 8192 * 8192  # whole pieces
    while not (part.exists() and part.stat().st_size >= half):
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.02)
    return half


def test_ctrl_c_keeps_what_has_come_and_the_same_command_goes_on(server, tiny, tmp_path):
    server.wait = threading.Event()
    process = tiny()
    half = until_half_is_there(process, tmp_path)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    told = f"stopped: {half:,} bytes are kept in data/tiny/.fetch, the same command goes on"
    assert err.split("\n") == ["tiny: a corpus; licence: CC0", told, ""]
    _goes_on(server, tiny, tmp_path, half)


def test_a_killed_download_is_gone_on_with(server, tiny, tmp_path):
    server.wait = threading.Event()
    process = tiny()
    half = until_half_is_there(process, tmp_path)
    process.kill()
    process.communicate()
    _goes_on(server, tiny, tmp_path, half)


def _goes_on(server, tiny, tmp_path, half):
    process = tiny()
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert server.starts == [0, half]
    directory = tmp_path / "data" / "tiny"
    assert (directory / "f.conll").read_bytes() == CORPUS
    assert sorted(path.name for path in directory.iterdir()) == ["dev.conll", "f.conll", "train.conll"]

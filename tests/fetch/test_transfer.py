"""One file by HTTP, from servers that do all that servers do."""

import socket
import threading
from pathlib import Path

import pytest

from ner_window.errors import FetchError, OutputError
from ner_window.fetch.transfer import Transfer, _reason, _session

CONTENT = bytes(range(256)) * 1000  # 256,000 bytes

#: Where an answer breaks off: twelve pieces of 8,192 bytes.
HALF = 98_304


@pytest.fixture
def transfer(tmp_path):
    (tmp_path / ".fetch").mkdir()
    return Transfer(tmp_path / ".fetch" / "f.part", len(CONTENT), timeout=0.3)


@pytest.fixture
def target(tmp_path):
    return tmp_path / "f"


def files(target):
    return sorted(path.name for path in target.parent.rglob("*") if path.is_file())


def fails(transfer, url, target, error=FetchError):
    with pytest.raises(error) as caught:
        transfer(url, str(target), None)
    assert not target.exists()
    return str(caught.value)


def test_a_whole_file_comes_and_nothing_else_is_left(server, transfer, target):
    came = []
    transfer.advance = came.append
    transfer(server.answer("/f", server.with_ranges(CONTENT)), str(target), None)
    assert target.read_bytes() == CONTENT
    assert files(target) == ["f"]
    assert sum(came) == len(CONTENT)
    assert server.seen[0][1]["Accept-Encoding"] == "identity"
    assert "Range" not in server.seen[0][1]


def test_what_broke_off_is_gone_on_with(server, transfer, target):
    url = server.answer("/f", server.breaks_off(CONTENT, HALF, ETag='"one"'))
    assert fails(transfer, url, target) == (
        f"{url}: the connection broke off; 98,304 bytes are kept, and the same command goes on from there"
    )
    assert files(target) == ["f.part", "f.part.version"]
    server.answer("/f", server.with_ranges(CONTENT))
    came = []
    transfer.advance = came.append
    transfer(url, str(target), None)
    assert target.read_bytes() == CONTENT
    assert files(target) == ["f"]
    asked = server.seen[1][1]
    assert (asked["Range"], asked["If-Range"]) == ("bytes=98304-", '"one"')
    assert (came[0], sum(came)) == (HALF, len(CONTENT))


def test_two_versions_are_not_glued_together(server, transfer, target):
    url = server.answer("/f", server.breaks_off(CONTENT, HALF, ETag='"one"'))
    fails(transfer, url, target)
    other = CONTENT[::-1]
    server.answer("/f", server.with_ranges(other, '"two"'))
    transfer(url, str(target), None)
    assert target.read_bytes() == other


def without_ranges(request):
    request.send(CONTENT)


def another_range(request):
    if "Range" in request.headers:
        request.send(CONTENT[5:], 206, Content_Range=f"bytes 5-{len(CONTENT) - 1}/{len(CONTENT)}")
    else:
        request.send(CONTENT)


def no_such_range(request):
    if "Range" in request.headers:
        request.send(b"", 416, Content_Range=f"bytes */{len(CONTENT)}")
    else:
        request.send(CONTENT)


@pytest.mark.parametrize("answer", [without_ranges, another_range, no_such_range])
def test_a_server_that_cannot_go_on_sends_all_of_it(server, transfer, target, answer):
    url = server.answer("/f", server.breaks_off(CONTENT, HALF, ETag='"one"'))
    fails(transfer, url, target)
    server.answer("/f", answer)
    transfer(url, str(target), None)
    assert target.read_bytes() == CONTENT
    assert files(target) == ["f"]


@pytest.mark.parametrize(
    ("headers", "version"),
    [
        ({"ETag": '"a"', "Last_Modified": "Mon, 01 Jan 2024 00:00:00 GMT"}, '"a"'),
        ({"ETag": 'W/"a"', "Last_Modified": "Mon, 01 Jan 2024 00:00:00 GMT"}, "Mon, 01 Jan 2024 00:00:00 GMT"),
        ({"ETag": 'W/"a"'}, None),
        ({}, None),
    ],
)
def test_only_a_version_that_has_a_name_is_kept(server, transfer, target, headers, version):
    url = server.answer("/f", server.breaks_off(CONTENT, HALF, **headers))
    message = fails(transfer, url, target)
    if version:
        assert transfer.version.read_text() == version
        assert "98,304 bytes are kept" in message
    else:
        assert files(target) == []
        assert message == f"{url}: the connection broke off; try again later"


def test_what_was_packed_on_the_way_is_not_gone_on_with(server, transfer, target):
    import gzip

    packed = gzip.compress(CONTENT)
    url = server.answer("/f", lambda request: request.send(packed, ETag='"one"', Content_Encoding="gzip"))
    transfer(url, str(target), None)
    assert target.read_bytes() == CONTENT
    target.unlink()
    server.answer("/f", server.breaks_off(packed, len(packed) // 2, ETag='"one"', Content_Encoding="gzip"))
    fails(transfer, url, target)
    assert files(target) == []


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (404, "404 Not Found; it may have moved; look at its publisher's site"),
        (403, "403 Forbidden; it may have moved; look at its publisher's site"),
        (500, "500 Internal Server Error; try again later"),
        (429, "429 Too Many Requests; try again later"),
        (206, "206 Partial Content; it may have moved; look at its publisher's site"),  # nobody asked for a part
        (204, "204 No Content; it may have moved; look at its publisher's site"),
    ],
)
def test_an_answer_that_is_no_file(server, transfer, target, status, told):
    url = server.answer("/f", lambda request: request.send(b"", status))
    assert fails(transfer, url, target) == f"{url}: not sent, the server answered {told}"
    assert files(target) == []


def test_an_error_leaves_what_was_kept_before(server, transfer, target):
    url = server.answer("/f", server.breaks_off(CONTENT, HALF, ETag='"one"'))
    fails(transfer, url, target)
    server.answer("/f", lambda request: request.send(b"busy", 503))
    fails(transfer, url, target)
    assert transfer.kept() == HALF


def to(place):
    return lambda request: request.send(b"", 302, Location=place)


def test_redirects_are_followed_but_not_for_ever(server, transfer, target):
    server.answer("/real", server.with_ranges(CONTENT))
    url = server.answer("/f", to("/real"))
    transfer(url, str(target), None)
    assert target.read_bytes() == CONTENT
    target.unlink()
    server.answer("/a", to("/b"))
    url = server.answer("/b", to("/a"))
    assert fails(transfer, url, target) == (f"{url}: sent on to other addresses more than 10 times; try again later")


def test_what_was_asked_for_encrypted_is_not_fetched_in_the_open(server):
    """Where the address is an https one, the session that follows redirects has no way to an http one."""
    with _session("https://example.org/f") as session, pytest.raises(OSError, match="No connection adapters") as caught:
        session.get(server.answer("/f", server.with_ranges(CONTENT)))
    assert server.seen == []
    assert (
        _reason(caught.value, 30) == "sent on to an address of a kind that is not followed, such as from https to http"
    )


def test_an_address_of_another_kind_is_not_followed(server, transfer, target):
    url = server.answer("/f", to("ftp://127.0.0.1/f"))
    assert fails(transfer, url, target).startswith(f"{url}: sent on to an address of a kind that is not followed")


def test_nobody_answers(transfer, target):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/f"
    assert fails(transfer, url, target) == f"{url}: the connection failed: Connection refused; try again later"


def test_an_address_that_is_none(transfer, target):
    assert fails(transfer, "http://[/f", target).startswith("http://[/f: the connection failed: ")


@pytest.mark.parametrize("before", [0, HALF])
def test_a_server_that_falls_silent_is_given_up(server, transfer, target, before):
    over = threading.Event()

    def answer(request):
        if before:
            request.begin(Content_Length=len(CONTENT), ETag='"one"')
            request.wfile.write(CONTENT[:before])
        over.wait(5)

    url = server.answer("/f", answer)
    message = fails(transfer, url, target)
    over.set()
    kept = f"{before:,} bytes are kept, and the same command goes on from there" if before else "try again later"
    assert message == f"{url}: the server sent nothing for 0.3 seconds; {kept}"


def too_long(url, got):
    return f"{url}: not the file that is known, got {got} bytes or more, expected at most 256,000; nothing was kept"


def test_a_length_that_is_too_large_is_not_waited_for(server, transfer, target):
    url = server.answer("/f", lambda request: request.begin(Content_Length=10**12))
    assert fails(transfer, url, target) == too_long(url, "1,000,000,000,000")
    assert files(target) == []


def test_a_stream_without_end_is_cut(server, transfer, target):
    def answer(request):
        request.begin(ETag='"one"')
        for _ in range(10):
            request.wfile.write(CONTENT)

    url = server.answer("/f", answer)
    assert fails(transfer, url, target) == too_long(url, "262,144")  # 32 pieces of 8,192
    assert files(target) == []


def test_a_rest_that_is_too_long_is_cut(server, transfer, target):
    url = server.answer("/f", server.breaks_off(CONTENT, HALF, ETag='"one"'))
    fails(transfer, url, target)
    headers = {"ETag": '"one"', "Content_Range": "bytes 98304-/*"}
    server.answer("/f", lambda request: request.send(CONTENT, 206, **headers))
    assert fails(transfer, url, target) == too_long(url, "354,304")
    assert files(target) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
def test_a_full_disk(server, transfer, target):
    transfer.part.symlink_to("/dev/full")
    url = server.answer("/f", server.with_ranges(CONTENT))
    assert fails(transfer, url, target, OutputError) == (
        f"{target.parent}: cannot be written: No space left on device; nothing was kept, choose another output"
    )
    assert list((target.parent / ".fetch").iterdir()) == []


def test_ctrl_c_keeps_what_has_come(server, transfer, target):
    def stop(count):
        if count:
            raise KeyboardInterrupt

    transfer.advance = stop
    url = server.answer("/f", server.with_ranges(CONTENT))
    with pytest.raises(KeyboardInterrupt):
        transfer(url, str(target), None)
    assert transfer.kept() == 8_192
    transfer.advance = bool
    transfer(url, str(target), None)
    assert target.read_bytes() == CONTENT
    assert server.seen[1][1]["Range"] == "bytes=8192-"

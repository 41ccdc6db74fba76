"""One file by HTTP into a file beside its target, going on where an attempt before broke off.

What has come stands in ``NAME.part``, and which version of the file it is of in ``NAME.part.version``: the server's
entity tag, or the date of the file's last change. The next attempt asks for the rest *if the file is still that one*
(``Range`` with ``If-Range``, RFC 9110, sections 13.1.5 and 14.2), so that two versions are never glued together; a
server that cannot do so sends all of it anew.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ner_window.errors import FetchError, OutputError

if TYPE_CHECKING:
    from requests import Response, Session

#: Seconds after which a server that sends nothing is given up.
TIMEOUT = 30.0

#: How often a server may send on to another address.
REDIRECTS = 10

#: Bytes written together; where a connection breaks off, those of the last piece are lost.
PIECE = 1 << 13


def no_progress(count: int) -> None:
    """Show nothing."""


class Transfer:
    """What pooch calls to get a file: ``transfer(url, output_file, pooch)``.

    Parameters
    ----------
    part : Path
        Where what has come is kept until it is whole.
    limit : int
        Bytes beyond which it cannot be the file.
    advance : function
        Called with the bytes that have come, to show progress.
    timeout : float
        Seconds of silence.
    """

    def __init__(
        self, part: Path, limit: int, advance: Callable[[int], object] = no_progress, timeout: float = TIMEOUT
    ) -> None:
        self.part = part
        self.version = part.with_name(f"{part.name}.version")
        self.limit = limit
        self.advance = advance
        self.timeout = timeout

    def __call__(self, url: str, output_file: str, pooch: Any) -> None:
        """Get the file, and move it to `output_file` when it is whole.

        Raises
        ------
        FetchError
            No connection, an answer that is no file, one that breaks off or is too long.
        OutputError
            The disk is full, or cannot be written.
        """
        with _told(url, self), _session(url) as session:
            response, have = self._answer(session, url)
            with response:
                _check_answer(url, response, have)
                self._check_length(url, response, have)
                self._receive(url, response, have)
            self.part.replace(output_file)
            self.version.unlink(missing_ok=True)

    def kept(self) -> int:
        """Return the bytes that the next attempt need not ask for."""
        try:
            return self.part.stat().st_size if self.version.read_bytes() else 0
        except OSError:
            return 0

    def remove(self) -> None:
        """Remove what has come so far."""
        for path in (self.part, self.version):
            with suppress(OSError):
                path.unlink(missing_ok=True)

    def _answer(self, session: "Session", url: str) -> tuple["Response", int]:
        """Ask for what is missing, and for all of it if the server cannot go on from there.

        Returns
        -------
        response, have : Response, int
            The answer, and how many of the bytes that are there stand before what it holds.
        """
        have = self.kept()
        response = self._ask(session, url, have)
        partial = response.status_code == 206
        if have and (response.status_code == 416 or partial and not _begins_at(have, response)):
            response.close()
            have = 0
            response = self._ask(session, url, have)
        return response, have if response.status_code == 206 else 0

    def _ask(self, session: "Session", url: str, have: int) -> "Response":
        headers = {"Accept-Encoding": "identity"}  # bytes are counted as they stand in the file
        if have:
            headers |= {"Range": f"bytes={have}-", "If-Range": self.version.read_text("latin-1")}
        return session.get(url, headers=headers, stream=True, timeout=self.timeout)

    def _check_length(self, url: str, response: "Response", have: int) -> None:
        """Raise `FetchError` if what the server announces is more than the file can have."""
        announced = response.headers.get("Content-Length", "0")
        if announced.isdigit() and have + int(announced) > self.limit:
            self.remove()
            raise _too_long(url, have + int(announced), self.limit)

    def _receive(self, url: str, response: "Response", have: int) -> None:
        """Write what comes behind the bytes that are there, or anew."""
        self.advance(have)
        with self.part.open("ab" if have else "wb") as file:
            if not have:
                self.version.write_text(_version(response), "latin-1")
            for piece in response.iter_content(PIECE):
                have += len(piece)
                if have > self.limit:
                    self.remove()
                    raise _too_long(url, have, self.limit)
                file.write(piece)
                self.advance(len(piece))


def _session(url: str) -> "Session":
    """Return what asks; where the address is an encrypted one, it does not go on to one that is not."""
    from requests import Session

    session = Session()
    session.max_redirects = REDIRECTS
    if url.lower().startswith("https:"):
        session.adapters.pop("http://")
    return session


def _version(response: "Response") -> str:
    """Return what names the version of a file that a server sends; nothing, if it cannot be asked for by that."""
    tag: str = response.headers.get("ETag", "")
    if response.headers.get("Content-Encoding", "identity") != "identity":
        return ""
    return tag if tag and not tag.startswith("W/") else response.headers.get("Last-Modified", "")


def _begins_at(have: int, response: "Response") -> bool:
    return response.headers.get("Content-Range", "").replace("bytes=", "bytes ").startswith(f"bytes {have}-")


def _check_answer(url: str, response: "Response", have: int) -> None:
    status = response.status_code
    if status == 200 or status == 206 and have:
        return
    advice = "try again later" if status >= 500 or status == 429 else "it may have moved; look at its publisher's site"
    raise FetchError(f"{url}: not sent, the server answered {status} {response.reason or ''}".rstrip() + f"; {advice}")


def _too_long(url: str, got: int, limit: int) -> FetchError:
    return FetchError(
        f"{url}: not the file that is known, got {got:,} bytes or more, expected at most {limit:,}; nothing was kept"
    )


@contextmanager
def _told(url: str, transfer: Transfer) -> Iterator[None]:
    """Turn what goes wrong on the way into an error that says what it was, and what is kept."""
    from requests import RequestException

    try:
        yield
    except RequestException as error:
        reason = _reason(error, transfer.timeout)
        raise FetchError(f"{url}: {reason}; {_what_is_kept(transfer)}") from None
    except OSError as error:
        transfer.remove()  # a full disk gets its room back
        place = transfer.part.parent.parent
        raise OutputError(
            f"{place}: cannot be written: {error.strerror or error}; nothing was kept, choose another output"
        ) from None
    finally:
        if not transfer.kept():
            transfer.remove()


def _what_is_kept(transfer: Transfer) -> str:
    kept = transfer.kept()
    if not kept:
        return "try again later"
    return f"{kept:,} bytes are kept, and the same command goes on from there"


def _reason(error: Exception, timeout: float) -> str:
    """Return in a few words why nothing came, or no more."""
    from requests import exceptions

    causes = list(_causes(error))
    names = {type(cause).__name__ for cause in causes}
    if isinstance(error, exceptions.TooManyRedirects):
        return f"sent on to other addresses more than {REDIRECTS} times"
    if isinstance(error, exceptions.InvalidSchema):
        return "sent on to an address of a kind that is not followed, such as from https to http"
    if isinstance(error, exceptions.Timeout) or "ReadTimeoutError" in names:
        return f"the server sent nothing for {timeout:g} seconds"
    if "IncompleteRead" in names:
        return "the connection broke off"
    system = next(
        (c for c in causes if isinstance(c, OSError) and not isinstance(c, exceptions.RequestException)), None
    )
    if system is not None and system.strerror:
        return f"the connection failed: {system.strerror}"
    return f"the connection failed: {causes[-1]}"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and those behind it, also where one is only an argument of the next."""
    while True:
        yield error
        inner = next((argument for argument in error.args if isinstance(argument, BaseException)), None)
        behind = error.__cause__ or error.__context__ or inner or getattr(error, "reason", None)
        if not isinstance(behind, BaseException):
            return
        error = behind

"""Write files and terminal output so that a problem with output never changes a verdict.

A plain file is written completely or not at all. A device or a pipe is written to directly: as
root, moving a file onto ``/dev/stdout`` would replace the device.
"""

from __future__ import annotations

import codecs
import errno
import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO, cast

from playbook.errors import WrongUsage

STANDARD_OUTPUT = Path("-")
"""What an option that names a file may say for standard output."""
PROBE = b"a file that holds something: an empty one can be made on a full disk"
FALLBACK = "playbook-plain"
"""The error handler (``errors=``) for characters that a terminal's encoding lacks."""
PLAIN = {
    "✓": "ok",
    "✗": "x",
    "✔": "ok",
    "✘": "x",
    "…": "...",
    "·": "-",
    "•": "-",
    "–": "-",
    "—": "-",
    "→": "->",
    "▶": ">",
    "“": '"',
    "”": '"',
    "‘": "'",
    "’": "'",
    "×": "x",
    "≤": "<=",
    "≥": ">=",
    "\N{NO-BREAK SPACE}": " ",
    "\N{NARROW NO-BREAK SPACE}": " ",
}


def write_output(path: Path, content: str | bytes, *, private: bool = False) -> None:
    """Write a file that the user has named; create its folder if it is missing.

    ``-`` is standard output. ``private``: only the owner may read it. Raises OSError; a plain file
    is unchanged then.
    """
    data = content.encode() if isinstance(content, str) else content
    if path == STANDARD_OUTPUT:
        print_for_machines(data)
        return
    if _is_special(path):
        with path.open("wb") as special:
            special.write(data)
        return
    # A link stays a link: the file that it points to is written.
    target = path.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:100]}.")
    try:
        with open(handle, "wb") as partial:
            partial.write(data)
            partial.flush()
            os.fsync(partial.fileno())
        if not private:
            Path(name).chmod(_usual_mode(target))
        os.replace(name, target)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


@contextmanager
def named_by_the_user(path: Path) -> Iterator[None]:
    """While a file that the user has named is written or removed: OSError becomes WrongUsage."""
    try:
        yield
    except OSError as error:
        raise WrongUsage(f"{path} can't be written: {error.strerror}; name another file") from None


def remove_former(path: Path) -> None:
    """Remove a file that an earlier run has written, before a new run that will write it.

    If the new run is killed or has nothing to write, nobody takes the old file for its result.
    Devices, pipes and folders stay. Raises WrongUsage if it can't be removed.
    """
    with named_by_the_user(path):
        target = path.resolve()
        if path != STANDARD_OUTPUT and not _is_special(path) and not target.is_dir():
            target.unlink(missing_ok=True)


def print_for_machines(content: str | bytes) -> None:
    """Write JSON, metrics or a page to standard output, in UTF-8 and unmarked.

    Characters that the terminal's encoding lacks are not replaced here: that would not be JSON.
    """
    data = content.encode() if isinstance(content, str) else content
    stream = getattr(sys.stdout, "unmarked", sys.stdout)
    if isinstance(stream, _Unbreakable):
        stream.write_bytes(data)
    else:
        stream.flush()
        stream.buffer.write(data)
        stream.buffer.flush()


def _is_special(path: Path) -> bool:
    """Whether a path names a device or pipe, or an open file by its number ("/dev/fd/3")."""
    if path.absolute().parts[:2] in (("/", "dev"), ("/", "proc")):
        return True
    try:
        return not stat.S_ISREG(path.stat().st_mode) and not path.is_dir()
    except OSError:
        return False


def _usual_mode(target: Path) -> int:
    with suppress(OSError):
        return stat.S_IMODE(target.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


class _Unbreakable:
    """A standard stream whose reader may have ended, or whose disk may be full.

    If a text cannot be written, this and all later ones are left out, and one message on ``tell``
    says so. The verdict and the exit code do not change.
    """

    def __init__(self, stream: Any, tell: Any) -> None:
        self._stream, self._tell, self._broken = stream, tell, False

    def write(self, text: str) -> int:
        if not self._broken:
            try:
                self._stream.write(text)
                if self._stream.line_buffering or "\n" in text:
                    self._stream.flush()
            except OSError as error:
                self._give_up(error)
        return len(text)

    def write_bytes(self, data: bytes) -> None:
        if not self._broken:
            try:
                self._stream.flush()
                self._stream.buffer.write(data)
                self._stream.buffer.flush()
            except OSError as error:
                self._give_up(error)

    def flush(self) -> None:
        if not self._broken:
            try:
                self._stream.flush()
            except OSError as error:
                self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        self._broken = True
        with suppress(OSError, ValueError):
            # Python would try to write buffered text once more when the process ends.
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)
        if self._tell is not None and not isinstance(error, BrokenPipeError):
            with suppress(OSError, ValueError):
                self._tell.write(f"playbook: some output could not be written: {error.strerror}\n")
                self._tell.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def use_plain_characters() -> None:
    """Let the standard streams replace characters that their encoding lacks by plain ones."""
    codecs.register_error(FALLBACK, _replaced)
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError, OSError):
            stream.reconfigure(errors=FALLBACK)  # type: ignore[union-attr]


LEAST_COLUMNS = 20
"""A narrower terminal than that is most likely one whose width is not known."""


def show_on_every_terminal() -> None:
    """Let the standard streams accept every text, for every kind of reader.

    Without this, the first ✓ would end the command on a terminal that is not UTF-8, and a reader
    that has ended would change the exit code of a GO.
    """
    _open_closed_streams()
    use_plain_characters()
    if os.environ.get("COLUMNS", "").isdigit() and int(os.environ["COLUMNS"]) < LEAST_COLUMNS:
        del os.environ["COLUMNS"]  # rich would print nothing in a width of 0
    if not isinstance(sys.stdout, _Unbreakable):
        sys.stdout = cast(TextIO, _Unbreakable(sys.stdout, sys.stderr))
    if not isinstance(sys.stderr, _Unbreakable):
        sys.stderr = cast(TextIO, _Unbreakable(sys.stderr, None))


def _open_closed_streams() -> None:
    """Connect standard streams that were closed before this process began to /dev/null.

    In Python they are None, and the next opened file would get their number.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            # The system gives the lowest free number, which is this one.
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    if sys.stdout is None:
        sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    if sys.stderr is None:
        sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False)


def _replaced(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    found = error.object[error.start : error.end]
    plain = "".join(PLAIN.get(char, "?") for char in found)
    return plain, error.end


def require_writable(folder: Path) -> None:
    """Create a folder if it is missing. Raises OSError if no file can be written in it."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as probe:
        probe.write(PROBE)
        probe.flush()


def require_place_of(path: Path) -> None:
    """Raises OSError if a file can't be written there; an existing file stays as it is.

    Whether there is still room on a device, or in an existing file's disk, is not tried.
    """
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if _is_special(path) and path.exists():
        return
    target = path.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    is_new = not target.exists()
    with target.open("ab") as file:
        if is_new:
            file.write(PROBE)
            file.flush()
    if is_new:
        target.unlink()

"""Output is never the verdict: files are written one way, and every terminal can show our words.

A plain file appears whole or not at all. Whatever else stands at the path (a device, a pipe) is
written to as it is; as root, moving a file onto ``/dev/stdout`` would replace the device.
"""

from __future__ import annotations

import codecs
import os
import stat
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO, cast

STANDARD_OUTPUT = Path("-")
"""What an option that names a file may say for standard output."""
FALLBACK = "playbook-plain"
"""How characters are written that a terminal's encoding lacks (``errors=``)."""
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
    """Write a file that somebody has named; its folder is made where it is missing.

    ``-`` is standard output. ``private``: nobody else may read it. Raises OSError; a plain file is
    then as it was before.
    """
    data = content.encode() if isinstance(content, str) else content
    if path == STANDARD_OUTPUT:
        print_for_machines(data)
        return
    if _is_special(path):
        with path.open("wb") as special:
            special.write(data)
        return
    # A link stays a link: what it leads to is written.
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


def print_for_machines(content: str | bytes) -> None:
    """Write JSON, metrics or a page to standard output, in UTF-8 and unmarked.

    Whatever the terminal's encoding lacks must not be replaced in it: it would not be JSON then.
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
    """Whether a path leads to something that is no plain file, or to an open one by its number."""
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
    """A standard stream that nobody may read any more, or whose disk may be full.

    What cannot be written is left out and said once: it changes no verdict and no exit code.
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
            # What is still buffered would be tried once more when the process ends.
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)
        if self._tell is not None and not isinstance(error, BrokenPipeError):
            with suppress(OSError, ValueError):
                self._tell.write(f"playbook: not all could be written: {error.strerror}\n")
                self._tell.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def use_plain_characters() -> None:
    """Let the standard streams write what their encoding lacks in plain characters."""
    codecs.register_error(FALLBACK, _replaced)
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError, OSError):
            stream.reconfigure(errors=FALLBACK)  # type: ignore[union-attr]


def show_on_every_terminal() -> None:
    """Let the standard streams take all that we say, whatever reads them.

    On a terminal that is not UTF-8 the first ✓ would otherwise end the command, and a reader that
    has gone would turn a GO into another exit code.
    """
    _open_closed_streams()
    use_plain_characters()
    if not isinstance(sys.stdout, _Unbreakable):
        sys.stdout = cast(TextIO, _Unbreakable(sys.stdout, sys.stderr))
    if not isinstance(sys.stderr, _Unbreakable):
        sys.stderr = cast(TextIO, _Unbreakable(sys.stderr, None))


def _open_closed_streams() -> None:
    """Let standard streams that were closed before this process began lead nowhere.

    Python has None for them, and the next file that is opened would get their number.
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
    """Make a folder where there is none. Raises OSError where no file can be written in it."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as probe:
        probe.write(b"a file that holds something: an empty one can be made on a full disk")
        probe.flush()

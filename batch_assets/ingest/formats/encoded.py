"""Text in another encoding than UTF-8: a block of lines becomes UTF-8, and a line that is not in its encoding is told apart."""

from .format import Refused

_ASCII = bytes(range(128))


def extends_ascii(encoding: str) -> bool:
    """Say whether ASCII text has its own bytes in an encoding, so that a newline is a newline."""
    try:
        return _ASCII.decode(encoding) == _ASCII.decode("ascii")
    except (LookupError, UnicodeDecodeError):
        return False


def as_utf8(block: bytes, encoding: str, first_line: int) -> tuple[bytes, list[Refused]]:
    """Return a block of lines as UTF-8, and the lines that are not in the encoding, which are blank in it."""
    try:
        return block.decode(encoding).encode(), []
    except UnicodeDecodeError:
        pass
    lines, refused = block.split(b"\n"), list[Refused]()
    for number, raw in enumerate(lines):
        try:
            lines[number] = raw.decode(encoding).encode()
        except UnicodeDecodeError:
            # Its bytes below 128 are ASCII in every encoding that is taken; the others are escaped.
            told = raw.removesuffix(b"\r").decode("ascii", "backslashreplace")
            refused.append(Refused(first_line + number, f"the line is not {encoding}", told))
            lines[number] = b""
    return b"\n".join(lines), refused

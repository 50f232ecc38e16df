"""Pictures of templates as a service gives them: PNG, drawn from the letter, words as bars."""

import struct
import zlib
from html.parser import HTMLParser

WIDTH, SMALL, FULL = 540, 640, 1200
_EDGE, _PAD = 36, 32
_GROUND, _SHEET, _TEXT, _SOFT, _WHITE = (
    (238, 241, 243),
    (255, 255, 255),
    (196, 206, 212),
    (222, 229, 233),
    (255,) * 3,
)
_FOOTER = (247, 249, 250)

Colour = tuple[int, ...]


def screenshot(html: str, colour: str, full: bool) -> bytes:
    """The PNG of a letter; `full` is the whole of it, else its upper part."""
    canvas = _Canvas(WIDTH, FULL if full else SMALL)
    accent = tuple(int(colour[place : place + 2], 16) for place in (1, 3, 5))
    letter = _Letter()
    letter.feed(html)
    canvas.fill(_EDGE, 24, WIDTH - _EDGE, canvas.height - 24, _SHEET)
    canvas.fill(_EDGE, 24, WIDTH - _EDGE, 112, accent)
    y = 112 + 28
    for place, (kind, text) in enumerate(letter.pieces):
        if place == 0:
            canvas.words(text, 54, 18, 9.5, _WHITE)
        elif kind == "a":
            canvas.fill(_EDGE + _PAD, y, _EDGE + _PAD + 64 + 9 * len(text), y + 44, accent)
            canvas.words(text, y + 16, 12, 8, _WHITE, left=_EDGE + _PAD + 30)
            y += 70
        else:
            y = canvas.words(text, y, 10, 7.5, _TEXT if kind == "p" else _SOFT) + (22 if kind == "p" else 12)
        if y > canvas.height - 90:
            break
    canvas.fill(_EDGE, canvas.height - 74, WIDTH - _EDGE, canvas.height - 24, _FOOTER)
    canvas.words("Книжный дом на набережной города", canvas.height - 54, 7, 6, _SOFT)
    return canvas.png()


class _Letter(HTMLParser):
    """The texts of a letter with what they stand in: `p`, `a` for a button, `div` for the rest."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[tuple[str, str]] = []
        self._open: list[str] = []
        self._button = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open.append(tag)
        if tag == "a":
            self._button = "padding" in (dict(attrs).get("style") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass
        if tag == "a":
            self._button = False

    def handle_data(self, data: str) -> None:
        text = " ".join(data.split())
        if not text or "title" in self._open or "style" in self._open:
            return
        kind = "a" if self._button else "p" if "p" in self._open or not self.pieces else "div"
        if self.pieces and kind == "p" and self.pieces[-1][0] == "p" and len(self.pieces) > 1:
            self.pieces[-1] = ("p", f"{self.pieces[-1][1]} {text}")
        else:
            self.pieces.append((kind, text))


class _Canvas:
    """Rows of pixels."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._rows = [bytearray(bytes(_GROUND) * width) for _ in range(height)]

    def fill(self, left: int, top: int, right: int, bottom: int, colour: Colour) -> None:
        """A rectangle; what lies outside is left out."""
        right, left = min(right, self.width), max(left, 0)
        if right > left:
            painted = bytes(colour) * (right - left)
            for row in self._rows[max(top, 0) : max(bottom, 0)]:
                row[left * 3 : right * 3] = painted

    def words(
        self, text: str, top: int, height: int, letter: float, colour: Colour, left: int = _EDGE + _PAD
    ) -> int:
        """A text as bars, one for each word, in as many lines as it needs; where the next would begin."""
        x = left
        for word in text.split():
            length = int(len(word) * letter)
            if x > left and x + length > self.width - _EDGE - _PAD:
                x, top = left, top + height + 10
            self.fill(x, top, min(x + length, self.width - _EDGE - _PAD), top + height, colour)
            x += length + int(letter)
        return top + height + 10

    def png(self) -> bytes:
        """The file."""
        head = struct.pack(">IIBBBBB", self.width, self.height, 8, 2, 0, 0, 0)
        pixels = zlib.compress(b"".join(b"\0" + bytes(row) for row in self._rows), 6)
        return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

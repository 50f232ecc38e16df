"""Decompression that never makes more bytes than are still allowed."""

import zlib

from vestnik.egress.errors import FetchFailed

_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS
_RAW_DEFLATE = -zlib.MAX_WBITS
_PIECE_BYTES = 65_536


class BoundedDecoder:
    """Turns the raw pieces of an answer into pieces of its body; raises FetchFailed past the limit.

    One layer of gzip or deflate: layers upon layers only ever serve a bomb.
    """

    def __init__(self, encoding: str, limit_bytes: int, host: str) -> None:
        self._encoding = encoding.strip().lower()
        if self._encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
            raise FetchFailed("protocol", host, "the answer is compressed in a way that was not offered")
        self._compressed = self._encoding not in ("", "identity")
        self._limit_bytes = limit_bytes
        self._host = host
        self._taken_bytes = self._made_bytes = 0
        self._inflate = zlib.decompressobj(_GZIP_OR_ZLIB)
        self._fresh = True

    def pieces(self, raw: bytes) -> list[bytes]:
        """The next pieces of the body."""
        self._taken_bytes += len(raw)
        if self._taken_bytes > 2 * self._limit_bytes:  # compressed nothing, over and over
            raise FetchFailed("too_large", self._host, f"over {self._limit_bytes} bytes")
        if not self._compressed:
            self._count(len(raw))
            return [raw] if raw else []
        made: list[bytes] = []
        full = False  # a full piece may leave more behind even when all raw bytes are taken
        while raw or full:
            if self._inflate.eof:
                self._inflate = zlib.decompressobj(_GZIP_OR_ZLIB)
                self._fresh = True
            piece = self._inflated(raw)
            self._count(len(piece))
            if piece:
                made.append(piece)
            full = len(piece) == _PIECE_BYTES and not self._inflate.eof
            raw = self._inflate.unconsumed_tail or self._inflate.unused_data
        return made

    def finish(self) -> None:
        """Says that there are no more raw bytes; raises FetchFailed where the body is cut short."""
        if self._compressed and not self._inflate.eof and not self._fresh:
            raise FetchFailed("protocol", self._host, "the compressed answer is cut short")

    def _inflated(self, raw: bytes) -> bytes:
        try:
            piece = self._inflate.decompress(raw, _PIECE_BYTES)
        except zlib.error:
            if not self._fresh or self._encoding != "deflate":
                raise FetchFailed("protocol", self._host, "the compressed answer is damaged") from None
            self._inflate = zlib.decompressobj(_RAW_DEFLATE)
            try:
                piece = self._inflate.decompress(raw, _PIECE_BYTES)
            except zlib.error:
                raise FetchFailed("protocol", self._host, "the compressed answer is damaged") from None
        self._fresh = False
        return piece

    def _count(self, count: int) -> None:
        self._made_bytes += count
        if self._made_bytes > self._limit_bytes:
            raise FetchFailed("too_large", self._host, f"over {self._limit_bytes} bytes")

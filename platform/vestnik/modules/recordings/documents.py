"""Recordings as documents: JSON in which bytes, masks and markers have a form of their own, compressed.

bytes that are UTF-8     {"$utf8": "…"}        any other bytes     {"$bytes": "base64"}
a marker of a secret     {{sealed:name}}       a secret's value    [sealed:name]
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from vestnik.egress import SealedCall

#: A document larger than this when it is unpacked is refused: only a damaged file holds one.
DOCUMENT_BYTES = 16_777_216

_encode = msgspec.json.Encoder().encode
_encode_sorted = msgspec.json.Encoder(order="sorted").encode
_encode_plain = msgspec.msgpack.Encoder().encode
_decode = msgspec.json.Decoder().decode
_BEFORE_A_NAME = "{{sealed:"
_PLACEHOLDER = re.compile(r"\{\{sealed:([^{}]{1,400})\}\}")
_PLACEHOLDER_BYTES = re.compile(rb"\{\{sealed:([^{}]{1,400})\}\}")


def placeholder(name: str) -> str:
    """What stands for a marker in what is kept."""
    return _BEFORE_A_NAME + name + "}}"


def encoded(value: Any, sealed: SealedCall | None) -> bytes:
    """The value as JSON text: markers as placeholders, values of secrets masked, bytes tagged."""
    tagged = _tagged(value)
    try:
        text = _encode(tagged)
    except UnicodeEncodeError:  # half of a surrogate pair: JSON can only write it as an escape
        text = json.dumps(tagged, ensure_ascii=True, separators=(",", ":")).encode()
    if sealed is None:
        return text
    for marker, name in sealed.names_of_markers().items():
        text = text.replace(marker.encode(), placeholder(name).encode())
    return sealed.masker.data(text)


def canonical(value: Any) -> bytes:
    """The same bytes for equal values."""
    tagged = _tagged(value)
    try:
        return _encode_sorted(tagged)
    except UnicodeEncodeError:
        return json.dumps(tagged, ensure_ascii=True, separators=(",", ":"), sort_keys=True).encode()


def placeholders(value: Any) -> set[str]:
    """The names of the markers for which something stands in the value."""
    return _placeholders(value) if _may_hold(value, [_BEFORE_A_NAME]) else set()


def _placeholders(value: Any) -> set[str]:
    if isinstance(value, str):
        return set(_PLACEHOLDER.findall(value))
    if isinstance(value, bytes):
        return {name.decode(errors="replace") for name in _PLACEHOLDER_BYTES.findall(value)}
    if isinstance(value, Mapping):
        return set().union(*(_placeholders(each) for pair in value.items() for each in pair))
    if isinstance(value, list | tuple):
        return set().union(*map(_placeholders, value))
    return set()


def replaced(value: Any, texts: Mapping[str, str]) -> Any:
    """The value with each of `texts` replaced, in keys and in bytes too; itself where none is in it."""
    return _replaced(value, texts) if texts and _may_hold(value, texts) else value


def _replaced(value: Any, texts: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        for old, new in texts.items():
            value = value.replace(old, new)
        return value
    if isinstance(value, bytes):
        for old, new in texts.items():
            value = value.replace(old.encode(), new.encode())
        return value
    if isinstance(value, Mapping):
        return {_replaced(key, texts): _replaced(each, texts) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_replaced(each, texts) for each in value]
    return value


def _may_hold(value: Any, texts: Iterable[str]) -> bool:
    """False where none of the texts is anywhere in the value.

    Replays ask on the event loop, of megabytes: in msgpack's form text and bytes stand as they are, so one
    pass in C spares a walk in Python.
    """
    try:
        data = _encode_plain(value)
    except (TypeError, ValueError, OverflowError, RecursionError):  # half of a surrogate pair, a huge number
        return True
    return any(text.encode() in data for text in texts)


def packed(text: bytes) -> bytes:
    """A document as it is stored."""
    return zlib.compress(text, 1)


def unpacked(data: bytes) -> bytes:
    """The text of a stored document; ValueError for a damaged one."""
    try:
        opened = zlib.decompressobj()
        text = opened.decompress(data, DOCUMENT_BYTES)
    except zlib.error as error:
        raise ValueError(f"the document is damaged: {error}") from None
    if opened.unconsumed_tail:
        raise ValueError("the document is too large")
    return text


def decoded(data: bytes) -> Any:
    """The value of a stored document; ValueError for a damaged one."""
    return parsed(unpacked(data))


def parsed(text: str | bytes) -> Any:
    """The value of a JSON text with tagged bytes; ValueError for what is no JSON."""
    try:
        return _untagged(_decode(text))
    except RecursionError:
        raise ValueError("the document is nested too deeply") from None
    except (msgspec.DecodeError, UnicodeError) as error:
        try:  # escapes of half a surrogate pair
            return _untagged(json.loads(text))
        except (ValueError, RecursionError):
            raise ValueError(str(error)) from None


def _tagged(value: Any) -> Any:
    kind = type(value)
    if kind is str or value is None or kind is int or kind is float or kind is bool:
        return value
    if isinstance(value, Mapping):
        return {str(key): _tagged(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_tagged(each) for each in value]
    if isinstance(value, bytes | bytearray | memoryview):
        data = bytes(value)
        try:
            return {"$utf8": data.decode()}
        except UnicodeDecodeError:
            return {"$bytes": base64.b64encode(data).decode()}
    return value


def _untagged(value: Any) -> Any:
    if isinstance(value, dict):
        if len(value) == 1:
            if isinstance(value.get("$utf8"), str):
                return value["$utf8"].encode("utf-8", "surrogatepass")
            if isinstance(value.get("$bytes"), str):
                try:
                    return base64.b64decode(value["$bytes"], validate=True)
                except binascii.Error:
                    return value
        return {key: _untagged(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_untagged(each) for each in value]
    return value

"""A letter with a lead in an attached file. Its body is ignored; which file it is, the files themselves tell.

    if has_keyword(subject_of(headers), "ORDER"):   # the first look, at headers alone
        reading = read_letter(data, context)        # the whole letter

A letter is hostile: it may nest without end, lie about encodings and types, or be no letter at all.
"""

from __future__ import annotations

import email
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email.message import Message
from email.policy import compat32

from vestnik.intake.fields import Warned
from vestnik.intake.parsing.documents import DOCUMENT_BYTES, Context, read_document
from vestnik.intake.parsing.headers import SHOWN_CHARACTERS, has_keyword, head_of, subject_of, text_of
from vestnik.intake.parsing.reading import Attachment, Letter, Reading

__all__ = ["LETTER_BYTES", "has_keyword", "head_of", "read_letter", "subject_of"]

#: A larger letter is not fetched.
LETTER_BYTES = 30_000_000
#: Of more parts, and of attachments, the first are looked at.
PARTS = 500
ATTACHMENTS = 50
#: Boundaries that lines are compared with: a letter that nests deeper is broken on purpose.
NESTED = 40

_NAMES_SHOWN = 10
_NAME_CHARACTERS = 200
_DATA = frozenset(
    {
        "application/octet-stream",
        "application/json",
        "application/x-json",
        "application/binary",
        "binary/octet-stream",
    }
)
_BODIES = frozenset({"text/plain", "text/html"})
_ARCHIVES = (
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"Rar!",
    b"7z\xbc\xaf",
)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a letter that holds no others: its body, or a file."""

    is_body: bool
    name: str
    media_type: str
    charset: str | None
    data: bytes


def read_letter(data: bytes, context: Context) -> Reading:
    """The lead of a letter, or why it has none, with each attachment's outcome. Never raises."""
    head = head_of(data)
    letter = Letter(head.subject, head.sender, head.dated_at, head.message_id)
    if data.count(b"multipart/") > NESTED * 4 or len(data) > LETTER_BYTES:
        return Reading(reason=Warned("letter_broken"), letter=letter)
    try:
        message = email.message_from_bytes(data, policy=compat32)
        files = [part for part in parts_of(message) if not part.is_body]
    except (
        Exception
    ):  # the standard library's reader knows no error of its own; whatever it is, it is no letter
        return Reading(reason=Warned("letter_broken"), letter=letter)
    return _chosen(files, letter, context)


def _chosen(files: list[Part], letter: Letter, context: Context) -> Reading:
    taken: Reading | None = None
    refused: list[Reading] = []
    shown: list[Attachment] = []
    others: list[str] = []
    for file in files:
        reading = _read(file, context)
        outcome = "taken" if reading.reason is None else reading.reason.code
        if reading.fields is not None and taken is not None:
            others.append(file.name or file.media_type)
            outcome = "not_needed"
        elif reading.fields is not None or (reading.trapped and taken is None):
            taken = reading
        else:
            refused.append(reading)
        facts = reading.reason.facts if reading.reason is not None else {}
        size, encoding = len(file.data), reading.encoding
        shown.append(Attachment(file.name, file.media_type, size, encoding, outcome, facts))
    letter = replace(letter, attachments=shown)
    if taken is not None:
        warnings = [*taken.warnings]
        if others:
            warnings.append(Warned("other_attachments", facts={"names": ", ".join(others[:_NAMES_SHOWN])}))
        return replace(taken, warnings=warnings, letter=letter)
    if not files:
        return Reading(reason=Warned("no_attachment"), letter=letter)
    if len(refused) == 1:  # its own reason says more than that none was readable
        return replace(refused[0], letter=letter)
    return Reading(
        reason=Warned("none_readable", facts={"count": len(files)}),
        warnings=[warning for each in refused for warning in each.warnings if warning.code == "near_name"],
        letter=letter,
    )


def looks_like_text(media_type: str, data: bytes) -> bool:
    """Whether a file may be a text, by its type and its first bytes."""
    return (media_type.startswith("text/") or media_type in _DATA) and not data.startswith(_ARCHIVES)


def _read(file: Part, context: Context) -> Reading:
    if not looks_like_text(file.media_type, file.data):
        return Reading(reason=Warned("not_text", facts={"type": file.media_type}))
    return read_document(file.data[: DOCUMENT_BYTES + 1], file.charset, context)


def parts_of(message: Message) -> list[Part]:
    """The body and the files of a letter, in their order; those of a letter within the letter, too."""
    with_body: set[int] = set()
    found: list[Part] = []
    for number, (part, letter, is_alternative) in enumerate(_parts(message)):
        if number >= PARTS or len(found) >= ATTACHMENTS:
            break
        if part.is_multipart():
            continue
        media_type, name = part.get_content_type(), _name(part)
        is_body = False
        if media_type in _BODIES and name == "" and part.get_content_disposition() != "attachment":
            is_body = is_alternative or letter not in with_body or media_type == "text/html"
        if is_body:
            with_body.add(letter)
        found.append(Part(is_body, name, media_type, _charset(part), _data(part)))
    return found


def _parts(message: Message) -> Iterator[tuple[Message, int, bool]]:
    """Every part, in which letter it is, and whether it is one form of several of the same.

    By a loop: a letter may nest deeper than calls can.
    """
    waiting = [(message, 0, False)]
    letters = 0
    while waiting:
        part, letter, _ = waiting[-1]
        yield waiting.pop()
        payload = part.get_payload()
        if not isinstance(payload, list):
            continue
        if part.get_content_maintype() == "message":
            letters += 1
            letter = letters
        is_alternative = part.get_content_type() == "multipart/alternative"
        inner = [each for each in payload if isinstance(each, Message)]
        waiting.extend((each, letter, is_alternative) for each in reversed(inner))


def _name(part: Message) -> str:
    try:
        found = part.get_filename()
    except Exception:  # what stands there can't even be taken apart
        return "?"
    if not isinstance(found, str):
        return ""
    raw = found.encode("utf-8", "surrogateescape") if found else b""
    return text_of(raw)[:_NAME_CHARACTERS] or "?"


def _charset(part: Message) -> str | None:
    try:
        found = part.get_content_charset()
    except Exception:  # as above
        return None
    return found[:SHOWN_CHARACTERS] if isinstance(found, str) else None


def _data(part: Message) -> bytes:
    """The file itself; what is not encoded as it says comes as it is."""
    try:
        data = part.get_payload(decode=True)
    except Exception:  # an encoding that is none, or letters where bytes should be
        return b""
    return data if isinstance(data, bytes) else b""

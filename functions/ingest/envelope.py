"""CoinCap's envelope: the body of an answer as rows with exact numbers, or an error."""

import json
from dataclasses import dataclass

from coincap.normalise import NumberText
from ingest.errors import BadBody, Final, one_line

_DECODER = json.JSONDecoder(parse_float=NumberText, parse_int=NumberText, parse_constant=NumberText)
_SPACE = " \t\r\n"


@dataclass(frozen=True, slots=True)
class Envelope:
    """Rows of one page and CoinCap's ``timestamp`` (ms since 1970 UTC; None where absent)."""

    rows: list
    envelope_at_ms: int | None


def parse(body: bytes, single: bool = False) -> Envelope:
    """Return the envelope of a body; numbers stay text (NumberText).

    ``single``: ``data`` must be one object, which becomes the only row. Raises BadBody for
    what a retry may cure (cut, HTML, an error in a 200) and Final for v2's farewell.
    """
    try:
        content = _DECODER.decode(_text(body))
    except RecursionError:
        raise BadBody("body nested too deep to be CoinCap's") from None
    except ValueError as error:
        raise BadBody(f"body of {len(body)} bytes is no JSON (cut?): {one_line(error)}") from None
    if not isinstance(content, dict):
        raise BadBody(f"body is a JSON {type(content).__name__}, not CoinCap's envelope")
    if content.get("error") is not None and "data" not in content:
        raise BadBody(f"error inside a 200: {one_line(content['error'])}")
    data = content.get("data")
    if isinstance(data, dict):
        if "message" in data:
            raise Final(f"the API is retired: {one_line(data['message'])}; use /v3")
        if single:
            return Envelope([data], _timestamp(content))
    if not isinstance(data, list):
        raise BadBody(f"data is {_kind(data)}, not a list of rows")
    if single:
        raise BadBody("data is a list, not one object")
    return Envelope(data, _timestamp(content))


def row_texts(body: bytes) -> list[str]:
    """Return the text of each row of a page exactly as received, for dead letters.

    Takes a body that ``parse`` accepts.
    """
    text = _text(body)
    position, rows = text.index("{") + 1, []
    while True:
        position = _skip(text, position)
        if text[position] == "}":
            return rows
        name, position = _DECODER.raw_decode(text, position)
        position = _skip(text, _skip(text, position) + 1)
        start = position
        if name == "data" and text[position] == "[":
            rows, position = _elements(text, position + 1)
        else:
            _, position = _DECODER.raw_decode(text, position)
            if name == "data":
                rows = [text[start:position]]
        position = _skip(text, position)
        position += text[position] == ","


def _elements(text: str, position: int) -> tuple[list[str], int]:
    rows = []
    while True:
        position = _skip(text, position)
        if text[position] == "]":
            return rows, position + 1
        _, end = _DECODER.raw_decode(text, position)
        rows.append(text[position:end])
        position = _skip(text, end)
        position += text[position] == ","


def _skip(text: str, position: int) -> int:
    while text[position] in _SPACE:
        position += 1
    return position


def _text(body: bytes) -> str:
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise BadBody(f"body is not UTF-8 at byte {error.start}") from None
    if text.lstrip()[:1] == "<":
        raise BadBody(f"HTML or XML instead of JSON: {one_line(text, limit=80)}")
    return text


def _timestamp(content: dict) -> int | None:
    text = content.get("timestamp")
    if isinstance(text, NumberText) and text.isdecimal() and len(text) <= 15:
        return int(text)
    return None


def _kind(data) -> str:
    if data is None:
        return "missing or null"
    return {dict: "an object", NumberText: "a number"}.get(type(data), f"a {type(data).__name__}")

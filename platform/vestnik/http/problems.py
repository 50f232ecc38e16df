"""A problem as an HTTP answer (RFC 9457)."""

from __future__ import annotations

import msgspec
from starlette.responses import Response

from vestnik import tracing
from vestnik.http.errors import Language, NotSignedIn, Problem


def problem_response(problem: Problem, language: Language) -> Response:
    """`application/problem+json` in the reader's language, with `Retry-After` where a wait is known."""
    headers = {"content-language": language, "cache-control": "no-store"}
    if problem.values.get("retry_after_s") is not None:
        headers["retry-after"] = str(problem.values["retry_after_s"])
    if isinstance(problem, NotSignedIn):
        headers["www-authenticate"] = 'Bearer realm="vestnik"'
    document = problem.as_json(language)
    if (trace_id := tracing.current()) is not None:
        document |= {"instance": f"urn:vestnik:trace:{trace_id}", "traceId": trace_id}
    body = msgspec.json.encode(document)
    return Response(body, problem.status, headers, media_type="application/problem+json")

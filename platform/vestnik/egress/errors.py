"""The errors of brokered HTTP and of sealed secrets.

    EgressError
    +-- InvalidRequest      the request itself can't be sent (a bad header, a bad URL, too large a body)
    +-- ForbiddenHost       the target is not approved, or its address may not be reached
    +-- SecretNotAllowed    a secret's marker stands in a request to a target not approved for that secret
    +-- SealedRefused       an operation on a secret that the rules do not allow
    +-- FetchFailed         the request was allowed and failed (see KINDS)
    +-- RetryLater          the wait for the rate budget would be longer than allowed
    |   +-- HeldBack        this process may not send now: another may have taken over its work
    +-- SpoolGone           a spooled body that has expired, or never was this owner's

Each carries its facts as fields and one English sentence, `.message`, that never contains a secret:
the broker masks every field before it raises.
"""

from typing import Any, ClassVar

Origin = tuple[str, str, int]

FORBIDDEN_REASONS = {
    "not_approved": "this address is not on the list of approved addresses",
    "own_listener": "this is an address of Vestnik itself, which modules may never call",
    "private_address": "the name leads to an address inside a private network, and that was not approved",
    "metadata_address": "the name leads to a cloud metadata service, which must be approved by its address",
    "unusable_address": "the name leads to an address that no server can have",
}

KINDS = {
    "dns": "the name could not be resolved",
    "connect": "no connection could be made",
    "tls": "the secure connection could not be made",
    "timeout": "there was no complete answer in time",
    "too_large": "the answer is larger than allowed",
    "redirect": "the redirect can't be followed",
    "protocol": "the answer is not valid HTTP",
}


class EgressError(Exception):
    """Base of every error of this room; `fields` are plain data."""

    code: ClassVar[str] = "egress"
    template: ClassVar[str] = ""

    def __init__(self, **fields: Any) -> None:
        self.fields: dict[str, Any] = fields
        super().__init__(self.message)

    @property
    def message(self) -> str:
        """One sentence: what happened, built from the fields."""
        return self.template.format(**self.fields)


class InvalidRequest(EgressError):
    """The module asked for something that is not a valid request; `reason` says what."""

    code = "invalid_request"
    template = "The request can't be sent: {reason}."

    def __init__(self, reason: str) -> None:
        super().__init__(reason=reason)


class ForbiddenHost(EgressError):
    """The target of a request, or of a redirect, may not be reached; `reason` is one of FORBIDDEN_REASONS."""

    code = "forbidden_host"

    def __init__(self, scheme: str, host: str, port: int, reason: str) -> None:
        super().__init__(scheme=scheme, host=host, port=port, reason=reason)

    @property
    def message(self) -> str:
        """One sentence that names the target and says why it is forbidden."""
        target = "{scheme}://{host}:{port}".format(**self.fields)
        return f"A request to {target} is forbidden: {FORBIDDEN_REASONS[self.fields['reason']]}."


class SecretNotAllowed(EgressError):
    """A secret was about to be sent to a target not approved for it."""

    code = "secret_not_allowed"
    template = "The secret {secret!r} may not be sent to {scheme}://{host}:{port}: not approved for it."

    def __init__(self, secret: str, scheme: str, host: str, port: int) -> None:
        super().__init__(secret=secret, scheme=scheme, host=host, port=port)


class SealedRefused(EgressError):
    """An operation on a secret was refused; `reason` says why."""

    code = "sealed_refused"
    template = "The operation on a sealed secret was refused: {reason}."

    def __init__(self, reason: str) -> None:
        super().__init__(reason=reason)


class FetchFailed(EgressError):
    """An allowed request failed; `kind` is one of KINDS, `detail` is for the integrator."""

    code = "fetch"

    def __init__(self, kind: str, host: str, detail: str = "") -> None:
        super().__init__(kind=kind, host=host, detail=detail)

    @property
    def kind(self) -> str:
        """One of KINDS."""
        return str(self.fields["kind"])

    @property
    def message(self) -> str:
        """One sentence with the host and the kind of failure, and the detail where there is one."""
        detail = f" ({self.fields['detail']})" if self.fields["detail"] else ""
        return f"The request to {self.fields['host']} failed: {KINDS[self.kind]}{detail}."


class RetryLater(EgressError):
    """The budget of calls is used up for longer than a call may wait."""

    code = "retry_later"
    template = "The budget of calls to the service is used up; try again in {retry_after_s:.0f} s."

    def __init__(self, retry_after_s: float) -> None:
        super().__init__(retry_after_s=retry_after_s)

    @property
    def retry_after_s(self) -> float:
        """Seconds until the budget allows the call, as known now."""
        return float(self.fields["retry_after_s"])


class HeldBack(RetryLater):
    """Nothing was sent: this process rested for so long that another one may have taken over its work."""

    template = "This process may not send at the moment; try again in {retry_after_s:.0f} s."


class SpoolGone(EgressError):
    """A spooled body is not there (any more)."""

    code = "spool_gone"
    template = "The stored answer {spool!r} is no longer there; fetch it again."

    def __init__(self, spool: str) -> None:
        super().__init__(spool=spool)

"""Used before each request."""

import uuid

import schemathesis


@schemathesis.hook
def before_call(context, case, kwargs):
    """A good idempotency key is a fresh one: a request with the key of another one is refused, and rightly."""
    is_good = case.meta is not None and case.meta.generation.mode.is_positive
    if is_good and "Idempotency-Key" in (case.headers or {}):
        case.headers["Idempotency-Key"] = str(uuid.uuid4())

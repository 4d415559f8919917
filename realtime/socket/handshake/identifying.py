"""Finds out to whom a handshake belongs: to the owner of its token, or of its session."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

from realtime.auth import Identity, Unauthorized, has_issuer_keys, token_of, verify
from realtime.revocations.table import admit
from realtime.sessions import identify_by_session


async def identify(scope: Mapping[str, Any]) -> Identity:
    """Identify the client. Raises ``Unauthorized``, or ``KeysUnavailable`` while tokens cannot be checked."""
    identity = await _verified(scope)
    await admit(identity)
    return identity


async def _verified(scope: Mapping[str, Any]) -> Identity:
    try:
        token = token_of(scope["headers"], scope["subprotocols"], scope["query_string"])
    except Unauthorized:
        # The browser sends the cookie with a foreign page's handshake too, so the page must be one of this site.
        identity = await identify_by_session(scope["headers"], must_tell_origin=True)
        if identity is None:
            raise
        return identity
    if has_issuer_keys():
        return await asyncio.get_running_loop().run_in_executor(_verifiers(), verify, token)
    return verify(token)


@cache
def _verifiers() -> ThreadPoolExecutor:
    """Return threads of their own, because keys may come from a slow server."""
    return ThreadPoolExecutor(4, thread_name_prefix="verify")

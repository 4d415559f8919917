"""The revocations as one process knows them, and the judgement of a token by them. Pure, without I/O."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from realtime.auth import Identity

Scope = tuple[str, str]
"""Tenant and user. An empty text stands for all tenants, or all users of the tenant."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One revocation. With a ``token_id`` it is of that token alone, or of the sign-in of that name."""

    tenant_id: str
    user_id: str
    token_id: str
    issued_before: float
    """Unix seconds."""


@dataclass(frozen=True)
class Cutoffs:
    """All revocations. It never changes: threads read it while another one puts a newer one in its place."""

    scopes: Mapping[Scope, float] = field(default_factory=dict)
    """The moment of each scope, before which its tokens were issued that are void. Unix seconds."""
    tokens: frozenset[str] = frozenset()
    """The ids of tokens, and of sign-ins, that are void."""

    def with_entries(self, entries: Iterable[Entry]) -> "Cutoffs":
        """Return these cutoffs and the entries. Of two moments of a scope the later one holds."""
        scopes, tokens = dict(self.scopes), set(self.tokens)
        for entry in entries:
            if entry.token_id:
                tokens.add(entry.token_id)
            else:
                scope = (entry.tenant_id, entry.user_id)
                scopes[scope] = max(entry.issued_before, scopes.get(scope, 0.0))
        return Cutoffs(scopes, frozenset(tokens))

    def of_user(self, tenant_id: str, user_id: str) -> float:
        """Return the Unix seconds before which tokens of this user were issued that are void. 0: none are."""
        scopes: tuple[Scope, ...] = ((tenant_id, user_id), ("", user_id), (tenant_id, ""))
        return max(self.scopes.get(scope, 0.0) for scope in scopes)

    def is_void(self, identity: Identity) -> bool:
        """Return True for a revoked token. One that does not say when it was issued counts as issued before."""
        if identity.token_id in self.tokens or identity.sign_in_id in self.tokens:
            return True
        return identity.issued_at < self.of_user(identity.tenant_id, identity.user_id)

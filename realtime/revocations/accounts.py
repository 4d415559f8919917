"""Revokes the tokens of a Django account whose password changes, or which is deactivated, renamed or deleted.

Django tells of each account that is saved or deleted by itself, in the admin too. ``QuerySet.update()`` tells nobody.
"""

from collections.abc import Collection
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import get_hasher, identify_hasher
from django.db.models.signals import post_delete, post_save, pre_delete, pre_save

from realtime.revocations.writing import revoke_tokens
from realtime.sessions import owner_of

_REASON = "_streamer_revocation"
_OWNER = "_streamer_owner"


def connect() -> None:
    """Watch the accounts of the project's user model, and of its proxies and children, whose saves are their own."""
    receivers = (
        (pre_save, _compare),
        (post_save, _revoke),
        (pre_delete, _remember_owner),
        (post_delete, _revoke_deleted),
    )
    for model in apps.get_models():
        if issubclass(model, get_user_model()):
            for signal, receiver in receivers:
                signal.connect(receiver, sender=model, dispatch_uid=f"{receiver.__module__}.{receiver.__name__}")


def _compare(instance: Any, raw: bool = False, update_fields: Collection[str] | None = None, **_: Any) -> None:
    """Remember on the account whose tokens end with this save, and why."""
    instance.__dict__.pop(_REASON, None)
    watched = {"password", "is_active", instance.USERNAME_FIELD}
    if raw or instance._state.adding or (update_fields is not None and watched.isdisjoint(update_fields)):
        return
    before = type(instance)._base_manager.filter(pk=instance.pk).first()
    if before is None:
        return
    written = watched if update_fields is None else watched.intersection(update_fields)
    changed = {name for name in written if getattr(before, name, None) != getattr(instance, name, None)}
    if "password" in changed and _is_upgrade(before, instance, update_fields):
        changed.discard("password")
    if "password" in changed:
        reason = "password changed"
    elif "is_active" in changed and not instance.is_active:
        reason = "account deactivated"
    elif instance.USERNAME_FIELD in changed:
        reason = "account renamed"
    else:
        return
    instance.__dict__[_REASON] = (before.get_username(), reason, owner_of(before))


def _revoke(instance: Any, **_: Any) -> None:
    if found := instance.__dict__.pop(_REASON, None):
        _revoke_all(*found)


def _remember_owner(instance: Any, **_: Any) -> None:
    """Look before the account is deleted, while what the project keeps of it is still there."""
    instance.__dict__[_OWNER] = owner_of(instance)


def _revoke_deleted(instance: Any, **_: Any) -> None:
    _revoke_all(instance.get_username(), "account deleted", instance.__dict__.pop(_OWNER, None))


def _revoke_all(username: str, reason: str, owner: tuple[str, str] | None) -> None:
    """Revoke what names the account as tokens do, and as its sessions do, which may be otherwise."""
    revoke_tokens(user_id=username, reason=reason)
    if owner is not None and owner[1] != username:
        revoke_tokens(tenant_id=owner[0], user_id=owner[1], reason=reason)


def _is_upgrade(before: Any, instance: Any, update_fields: Collection[str] | None) -> bool:
    """Tell whether Django only stores the same password by its present method, as it does when somebody signs in."""
    if getattr(instance, "_password", None) is not None or update_fields is None or set(update_fields) != {"password"}:
        return False
    try:
        old = identify_hasher(before.password)
    except ValueError:  # no password, or a method that is gone
        return False
    preferred = get_hasher()
    return old.algorithm != preferred.algorithm or preferred.must_update(before.password)

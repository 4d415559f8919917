"""The roles of operators: three groups of the admin, kept with the permissions that each needs.

They are made after every migration and not in one: a migration runs before the permissions of its models exist.
Somebody may add permissions to these groups; those that a role has by itself are put back.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.apps import AppConfig, apps
from django.contrib.auth.management import create_permissions
from django.db.models import Q
from django.db.models.signals import post_migrate

VIEW: Final = "Streamer: view"
OPERATE: Final = "Streamer: operate"
ADMINISTER: Final = "Streamer: administer"
ROLES: Final = (VIEW, OPERATE, ADMINISTER)
"""Each may all that those before it may."""
Permissions = Mapping[str, Sequence[str]]
"""Role → the permissions that it adds to those of the roles before it, as codenames of one app."""

OF_JOBS: Final[Permissions] = {
    VIEW: (
        *("view_asyncrequest", "view_artifact", "view_dataset", "view_pausedaction", "view_operatoract"),
        *("view_dailyusage", "view_tenantquota", "view_pausedqueue", "view_limitoverride", "view_worker"),
    ),
    OPERATE: (
        *("change_asyncrequest", "change_artifact", "add_pausedaction", "delete_pausedaction"),
        *("add_pausedqueue", "delete_pausedqueue", "drain_worker"),
        *("add_limitoverride", "change_limitoverride", "delete_limitoverride"),
    ),
    ADMINISTER: (
        *("delete_asyncrequest", "delete_dataset"),
        *("add_tenantquota", "change_tenantquota", "delete_tenantquota"),
    ),
}
OF_RQ: Final[Permissions] = {ADMINISTER: ("admin",)}


def keep_roles(app: AppConfig, permissions: Permissions) -> None:
    """Keep the permissions of ``app`` in the groups of the roles. Call it in the ``ready`` of the app."""

    def fill(sender: AppConfig, using: str, **others: Any) -> None:
        fill_groups(sender, permissions, using)

    post_migrate.connect(fill, sender=app, weak=False, dispatch_uid=f"streamer roles of {app.label}")


def fill_groups(app: AppConfig, permissions: Permissions, using: str = "default") -> None:
    """Make the groups that are missing, and add the permissions that their roles have in ``app``."""
    if not apps.is_installed("django.contrib.auth"):
        return
    group_model, permission_model = apps.get_model("auth.Group"), apps.get_model("auth.Permission")
    wanted = {role: _of(role, permissions) for role in ROLES}
    named = Q(content_type__app_label=app.label, codename__in=wanted[ADMINISTER])
    found = dict(permission_model.objects.using(using).filter(named).values_list("codename", "id"))
    if len(found) < len(wanted[ADMINISTER]):
        # This app stands before Django's own in the settings, so its permissions come only after this.
        create_permissions(app, verbosity=0, using=using)
        found = dict(permission_model.objects.using(using).filter(named).values_list("codename", "id"))
    groups = group_model.objects.using(using)
    groups.bulk_create([group_model(name=role) for role in ROLES], ignore_conflicts=True)
    ids = dict(groups.filter(name__in=ROLES).values_list("name", "id"))
    through = group_model.permissions.through
    rows = [
        through(group_id=ids[role], permission_id=found[codename])
        for role, codenames in wanted.items()
        for codename in codenames
        if codename in found
    ]
    through._default_manager.using(using).bulk_create(rows, ignore_conflicts=True)


def _of(role: str, permissions: Permissions) -> list[str]:
    """List the permissions of a role with those of the roles before it."""
    below = ROLES[: ROLES.index(role) + 1]
    return [codename for one in below for codename in permissions.get(one, ())]

"""The permissions of the roles of operators that are about connections, tokens and memberships."""

from typing import Final

from jobs.operations.roles import ADMINISTER, OPERATE, VIEW, Permissions

OF_REALTIME: Final[Permissions] = {
    VIEW: ("view_connection", "view_webprocess", "view_revocation"),
    OPERATE: ("change_connection",),
    ADMINISTER: (
        *("add_revocation", "delete_revocation"),
        *("view_membership", "add_membership", "change_membership", "delete_membership"),
    ),
}

"""The admin login of a local stack, and links that sign in."""

import secrets
from pathlib import Path

from django.contrib.auth import get_user_model
from django.db.models import EmailField

from realtime.http.sign_in.links import link_fragment
from realtime.models import Membership
from streamer_site.secrets import write_private

USERNAME = "admin"
PASSWORD_FILE = "admin-password"
TENANT_ID = "default"


def admin_name() -> str:
    """Return the name that the superuser signs in with: ``admin``, or an address where the user model wants one."""
    model = get_user_model()
    is_address = isinstance(model._meta.get_field(model.USERNAME_FIELD), EmailField)
    return f"{USERNAME}@localhost" if is_address else USERNAME


def sign_in_url(base_url: str, user_name: str) -> str:
    """Make a link that signs the account in to the console, once. Raises ``ObjectDoesNotExist``."""
    model = get_user_model()
    user = model._default_manager.get(**{model.USERNAME_FIELD: user_name})
    return f"{base_url.rstrip('/')}/{link_fragment(user)}"


def ensure_admin(data_dir: Path) -> str | None:
    """Create the superuser ``admin_name()`` with a password kept in ``data_dir/admin-password``, unless there is one.

    Returns the password, or None when somebody has set another one since.
    """
    password = _kept_password(data_dir / PASSWORD_FILE)
    model = get_user_model()
    users = model._default_manager
    user = users.filter(**{model.USERNAME_FIELD: admin_name()}).first()
    if user is None:
        user = users.create_superuser(**{model.USERNAME_FIELD: admin_name(), "password": password})
    Membership.objects.get_or_create(user=user, defaults={"tenant_id": TENANT_ID, "permissions": ["*"]})
    return password if user.check_password(password) else None


def _kept_password(path: Path) -> str:
    if not path.exists():
        write_private(path, secrets.token_urlsafe(12))
    return path.read_text().strip()

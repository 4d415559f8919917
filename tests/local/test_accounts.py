from pathlib import Path

import pytest
from django.contrib.auth import get_user_model

from realtime.models import Membership
from streamer_site.local.accounts import ensure_admin

pytestmark = pytest.mark.django_db


def test_it_works(tmp_path: Path) -> None:
    password = ensure_admin(tmp_path)
    user = get_user_model().objects.get(username="admin")
    assert user.is_superuser and user.is_staff and user.check_password(password)
    assert (user.membership.tenant_id, user.membership.permissions) == ("default", ["*"])
    assert (tmp_path / "admin-password").stat().st_mode & 0o077 == 0


def test_the_second_time_changes_nothing(tmp_path: Path) -> None:
    assert ensure_admin(tmp_path) == ensure_admin(tmp_path)
    assert get_user_model().objects.count() == Membership.objects.count() == 1


def test_a_password_that_was_changed_stays(tmp_path: Path) -> None:
    ensure_admin(tmp_path)
    user = get_user_model().objects.get(username="admin")
    user.set_password("a new one, of the admin's own")
    user.save()
    assert ensure_admin(tmp_path) is None
    user.refresh_from_db()
    assert user.check_password("a new one, of the admin's own")


def test_a_membership_that_was_changed_stays(tmp_path: Path) -> None:
    ensure_admin(tmp_path)
    Membership.objects.update(tenant_id="acme", permissions=[])
    ensure_admin(tmp_path)
    assert Membership.objects.get().tenant_id == "acme"

"""Acts on connections and tokens by commands are recorded, those too that touch Redis alone."""

from contextlib import suppress
from io import StringIO

import pytest
from django.core.management import call_command

from jobs.models import OperatorAct

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("arguments", "recorded"),
    [
        (["streamer_broadcast", "hello", "--tenant", "acme"], ("broadcast", "tenant_id acme")),
        (["streamer_broadcast", "hello"], ("broadcast", "all connections")),
        (["streamer_connections", "kick", "--user", "bob"], ("kick", "user_id bob")),
        (["streamer_revoke", "--user", "bob", "--tenant", "acme"], ("revoke", "tenant acme, user bob")),
    ],
)
def test_it_works(arguments: list[str], recorded: tuple[str, str]) -> None:
    with suppress(SystemExit):  # nobody is connected
        call_command(*arguments, stdout=StringIO(), stderr=StringIO())
    act = OperatorAct.objects.get()
    assert (act.verb, act.target) == recorded and act.via == "command"


def test_a_dry_run_is_no_act() -> None:
    with pytest.raises(SystemExit):
        call_command("streamer_broadcast", "hello", "--dry-run", stdout=StringIO())
    assert not OperatorAct.objects.exists()

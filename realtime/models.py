"""The tables of the socket side: memberships and tokens of users, web processes and their connections."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone


class Membership(models.Model):
    """Ties a Django user to a tenant, for the tokens that ``/api/token/`` issues.

    Tokens of another issuer bring tenant and permissions themselves and need no row here.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="membership")
    tenant_id = models.CharField(max_length=128)
    permissions = models.JSONField(
        default=list, blank=True, help_text='A list of permission names, for example ["reports.generate"]; "*" is all.'
    )

    def __str__(self) -> str:
        return f"{self.user} at {self.tenant_id}"


class SpentRefreshToken(models.Model):
    """A refresh token that was used, or the family of one that was used twice. Kept until the token expires."""

    token_id = models.CharField(max_length=64, primary_key=True)
    spent_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.token_id


class SignInLink(models.Model):
    """A link that signs one account in, once. The code in it is stored nowhere: its digest is."""

    digest = models.CharField(max_length=64, primary_key=True)
    # No constraint of the database: the release before deletes accounts and does not know this table.
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    password_state = models.CharField(max_length=128)
    """The state of the password when the link was made. Another password voids it."""
    issued_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.digest[:8]


class Revocation(models.Model):
    """Voids tokens before they expire: those of a user, of a tenant, of a user in a tenant, or one token.

    There is one row for each. A later revocation moves its moment.
    """

    tenant_id = models.CharField(
        "tenant", max_length=128, blank=True, help_text="Empty: the user in every tenant, or one token."
    )
    user_id = models.CharField("user", max_length=150, blank=True, help_text="The claim 'sub'. Empty: all of a tenant.")
    token_id = models.CharField("token", max_length=255, blank=True, help_text="The claim 'jti', for a single token.")
    issued_before = models.DateTimeField(default=timezone.now, help_text="Tokens that were issued before are void.")
    changed_at = models.DateTimeField(default=timezone.now, db_index=True)
    reason = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering: ClassVar = ["-issued_before"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant_id", "user_id", "token_id"], name="one_revocation_each"),
        ]

    def __str__(self) -> str:
        return self.token_id or " at ".join(filter(None, [self.user_id, self.tenant_id]))


class WebProcess(models.Model):
    """One web process that holds sockets, or did. Its heartbeat says for all of its connections that they live."""

    id = models.CharField(primary_key=True, max_length=128, editable=False)
    started_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now, help_text="Its last heartbeat.")
    ended_at = models.DateTimeField(null=True, blank=True, help_text="When it stopped, or was taken for dead.")
    drained_at = models.DateTimeField(null=True, blank=True, help_text="When it asked its clients to come back.")
    connections = models.PositiveIntegerField(default=0, help_text="Open at its last heartbeat.")
    # Null: a process of the release before does not know the column.
    refused = models.JSONField(
        null=True, blank=True, help_text="Refusals since its start, by limit, at its last heartbeat."
    )

    class Meta:
        ordering: ClassVar = ["-started_at"]
        verbose_name_plural = "web processes"

    def __str__(self) -> str:
        return self.id


class Connection(models.Model):
    """One WebSocket, open or closed. Its row is written when it opens and when it ends, and its counters rarely.

    A record for operators. It decides only about the connection limit, and about connections that an operator ends.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant_id = models.CharField(max_length=128)
    user_id = models.CharField(max_length=150)
    permissions = models.JSONField(default=list)
    address = models.CharField(max_length=64, blank=True)
    user_agent = models.CharField(max_length=255, blank=True)
    server = models.CharField(max_length=128, help_text="The web process that holds the socket.")
    connected_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)
    """The time of the last write of this row. The process shows that the connection lives."""
    messages_in = models.PositiveBigIntegerField(default=0)
    messages_out = models.PositiveBigIntegerField(default=0)
    closed_at = models.DateTimeField(null=True, blank=True)
    close_code = models.PositiveIntegerField(null=True, blank=True)
    close_reason = models.CharField(max_length=64, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True, help_text="When an operator wanted it to end.")

    class Meta:
        ordering: ClassVar = ["-connected_at"]
        indexes: ClassVar = [
            models.Index(fields=["server"], condition=models.Q(closed_at__isnull=True), name="open_connections"),
            models.Index(
                fields=["tenant_id", "user_id"],
                condition=models.Q(closed_at__isnull=True),
                name="open_connections_of_user",
            ),
            models.Index(
                fields=["server"],
                condition=models.Q(closed_at__isnull=True, revoked_at__isnull=False),
                name="revoked_connections",
            ),
            models.Index(fields=["-connected_at"], name="newest_connections"),
            # The admin's list of a user, a tenant or an address.
            models.Index(fields=["user_id", "-connected_at"], name="connections_by_user"),
            models.Index(fields=["tenant_id", "-connected_at"], name="connections_by_tenant"),
            models.Index(fields=["address", "-connected_at"], name="connections_by_address"),
            models.Index(fields=["closed_at"], name="ended_connections"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {str(self.id)[:8]}"


class Topic(models.Model):
    """The numbers of a topic with a history. The row stays for good, so that no number is ever given twice."""

    name = models.CharField(primary_key=True, max_length=255, editable=False)
    last_seq = models.PositiveIntegerField(default=0)
    first_seq = models.PositiveIntegerField(default=1, help_text="All messages below were deleted.")
    keep_messages = models.PositiveIntegerField(help_text="The most messages that are kept.")
    tenant_id = models.CharField(
        max_length=128, blank=True, help_text="Of the client that published first; empty if it was no client."
    )

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["tenant_id"], condition=~models.Q(tenant_id=""), name="topics_of_tenant"),
            models.Index(
                fields=["name"],
                condition=models.Q(last_seq__gte=models.F("first_seq") + models.F("keep_messages")),
                name="topics_with_too_many",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class TopicMessage(models.Model):
    """A numbered message of a topic. Written by ``realtime.topics.history`` alone."""

    topic = models.CharField(max_length=255)
    seq = models.PositiveIntegerField()
    data = models.TextField(help_text="JSON, as it is sent.")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, help_text="None: only later messages displace it.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["topic", "seq"], name="one_topic_message_per_number"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["expires_at"],
                condition=models.Q(expires_at__isnull=False),
                name="topic_messages_that_expire",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.seq}"


class TopicMember(models.Model):
    """A user who follows a topic with presence, on one web process, with however many sockets."""

    topic = models.CharField(max_length=255)
    user_id = models.CharField(max_length=150)
    server = models.CharField(max_length=128, help_text="The web process that holds the sockets.")
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["topic", "user_id", "server"], name="one_member_per_process"),
        ]
        indexes: ClassVar = [models.Index(fields=["server"], name="topic_members_of_process")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.topic}"

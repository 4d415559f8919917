"""The topics of the tests: one of each kind."""

from jobs.handler import TopicAccess, TopicHistory, TopicPattern

ANYBODY = TopicAccess()

NEWS = TopicPattern("tenant.{tenant_id}.news", subscribe=ANYBODY)
PRICES = TopicPattern(
    "tenant.{tenant_id}.prices.*",
    subscribe=TopicAccess(permission="prices.read"),
    publish=TopicAccess(permission="prices.write"),
    history=TopicHistory(messages=200),
)
FEEDS = TopicPattern(
    "tenant.{tenant_id}.feeds.*", subscribe=ANYBODY, publish=ANYBODY, history=TopicHistory(messages=10_000)
)
RECENT = TopicPattern("tenant.{tenant_id}.recent", subscribe=ANYBODY, history=TopicHistory(messages=5, seconds=60))
ROOMS = TopicPattern("tenant.{tenant_id}.rooms.*", subscribe=ANYBODY, publish=ANYBODY, presence=True)
OWN = TopicPattern("tenant.{tenant_id}.users.{user_id}.*", subscribe=ANYBODY)
CHECKED = TopicPattern(
    "tenant.{tenant_id}.checked.*",
    subscribe=TopicAccess(check=lambda caller, topic: topic.endswith(f".{caller.user_id}")),
    publish=TopicAccess(check=lambda caller, topic: "yes"),  # type: ignore[arg-type, return-value]
)

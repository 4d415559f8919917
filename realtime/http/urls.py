"""The HTTP endpoints."""

from django.conf import settings
from django.urls import path

from realtime.http.actions import actions
from realtime.http.artifacts.download import artifact
from realtime.http.artifacts.extending import extend_artifact
from realtime.http.console import console
from realtime.http.datasets import dataset_detail, dataset_list
from realtime.http.monitoring.health import liveness, readiness
from realtime.http.monitoring.health_details import health_details
from realtime.http.monitoring.metrics import metrics
from realtime.http.requests.artifacts import request_artifacts
from realtime.http.requests.batch import request_batch
from realtime.http.requests.collection import request_collection
from realtime.http.requests.detail import request_detail
from realtime.http.requests.events import request_events
from realtime.http.requests.steering import cancel_request, retry_request
from realtime.http.schema.views import asyncapi_document, docs_page, openapi_document
from realtime.http.sign_in.sign_out import SignOutView
from realtime.http.streams.feed import user_feed
from realtime.http.streams.tokens import request_token
from realtime.http.tokens import LinkTokenView, ObtainTokenView, RefreshTokenView
from realtime.http.topics.topic import topic

# Without a signing key, all tokens come from another issuer.
_tokens = [
    path("api/token/", ObtainTokenView.as_view(), name="token"),
    path("api/token/link/", LinkTokenView.as_view(), name="token-link"),
    path("api/token/refresh/", RefreshTokenView.as_view(), name="token-refresh"),
    path("api/token/logout/", SignOutView.as_view(), name="token-logout"),
]
urlpatterns = [
    *(_tokens if settings.JWT_SIGNING_KEY else []),
    path("", console, name="console"),
    path("api/actions/", actions, name="actions"),
    path("api/requests/", request_collection, name="requests"),
    path("api/requests", request_collection),
    path("api/requests/batch/", request_batch, name="request-batch"),
    path("api/requests/batch", request_batch),
    path("api/requests/<uuid:request_id>/", request_detail, name="request"),
    path("api/requests/<uuid:request_id>", request_detail),
    path("api/requests/<uuid:request_id>/events/", request_events, name="request-events"),
    path("api/requests/<uuid:request_id>/events", request_events),
    path("api/requests/<uuid:request_id>/artifacts/", request_artifacts, name="request-artifacts"),
    path("api/requests/<uuid:request_id>/artifacts", request_artifacts),
    path("api/requests/<uuid:request_id>/cancel/", cancel_request, name="request-cancel"),
    path("api/requests/<uuid:request_id>/cancel", cancel_request),
    path("api/requests/<uuid:request_id>/retry/", retry_request, name="request-retry"),
    path("api/requests/<uuid:request_id>/retry", retry_request),
    path("api/requests/<uuid:request_id>/token/", request_token, name="request-token"),
    path("api/requests/<uuid:request_id>/token", request_token),
    path("api/artifacts/<uuid:artifact_id>/", artifact, name="streamer-artifact"),
    path("api/artifacts/<uuid:artifact_id>", artifact),
    path("api/artifacts/<uuid:artifact_id>/extend/", extend_artifact, name="artifact-extend"),
    path("api/artifacts/<uuid:artifact_id>/extend", extend_artifact),
    path("api/feed/", user_feed, name="feed"),
    path("api/feed", user_feed),
    path("api/datasets/", dataset_list, name="datasets"),
    path("api/datasets", dataset_list),
    path("api/datasets/<str:id_or_name>/", dataset_detail, name="dataset"),
    path("api/datasets/<str:id_or_name>", dataset_detail),
    path("api/topics/<str:topic>/", topic, name="topic"),
    path("api/topics/<str:topic>", topic),
    path("api/docs/", docs_page, name="docs"),
    path("api/docs", docs_page),
    path("api/docs/openapi.json", openapi_document, name="openapi"),
    path("api/docs/asyncapi.json", asyncapi_document, name="asyncapi"),
    path("healthz", liveness, name="liveness"),
    path("healthz/details", health_details, name="health-details"),
    path("readyz", readiness, name="readiness"),
    path("metrics", metrics, name="metrics"),
]

"""The HTTP endpoints."""

from django.conf import settings
from django.urls import path

from realtime.http.actions import actions
from realtime.http.artifacts.download import artifact
from realtime.http.artifacts.extending import extend_artifact
from realtime.http.console import console
from realtime.http.datasets import dataset_detail, dataset_list
from realtime.http.health import liveness, readiness
from realtime.http.requests import request_detail, request_events
from realtime.http.tokens import ObtainTokenView, RefreshTokenView

# Without a signing key, all tokens come from another issuer.
_tokens = [
    path("api/token/", ObtainTokenView.as_view(), name="token"),
    path("api/token/refresh/", RefreshTokenView.as_view(), name="token-refresh"),
]
urlpatterns = [
    *(_tokens if settings.JWT_SIGNING_KEY else []),
    path("", console, name="console"),
    path("api/actions/", actions, name="actions"),
    path("api/requests/<uuid:request_id>/", request_detail, name="request"),
    path("api/requests/<uuid:request_id>", request_detail),
    path("api/requests/<uuid:request_id>/events/", request_events, name="request-events"),
    path("api/requests/<uuid:request_id>/events", request_events),
    path("api/artifacts/<uuid:artifact_id>/", artifact, name="streamer-artifact"),
    path("api/artifacts/<uuid:artifact_id>", artifact),
    path("api/artifacts/<uuid:artifact_id>/extend/", extend_artifact, name="artifact-extend"),
    path("api/artifacts/<uuid:artifact_id>/extend", extend_artifact),
    path("api/datasets/", dataset_list, name="datasets"),
    path("api/datasets", dataset_list),
    path("api/datasets/<str:id_or_name>/", dataset_detail, name="dataset"),
    path("api/datasets/<str:id_or_name>", dataset_detail),
    path("healthz", liveness, name="liveness"),
    path("readyz", readiness, name="readiness"),
]

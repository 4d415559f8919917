"""The admin's pages about requests, their files and paused actions. Registered here, each made in its own module."""

from django.contrib import admin

from jobs.admin.artifacts import ArtifactAdmin
from jobs.admin.datasets import DatasetAdmin
from jobs.admin.paused_actions import PausedActionAdmin
from jobs.admin.requests import AsyncRequestAdmin
from jobs.models import Artifact, AsyncRequest, Dataset, PausedAction

admin.site.register(AsyncRequest, AsyncRequestAdmin)
admin.site.register(Artifact, ArtifactAdmin)
admin.site.register(Dataset, DatasetAdmin)
admin.site.register(PausedAction, PausedActionAdmin)

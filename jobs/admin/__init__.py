"""The admin's pages about requests, their files and paused actions. Registered here, each made in its own module."""

from django.contrib import admin
from django_rq.admin import QueueAdmin
from django_rq.models import Dashboard

from jobs.admin.artifacts import ArtifactAdmin
from jobs.admin.datasets import DatasetAdmin
from jobs.admin.paused_actions import PausedActionAdmin
from jobs.admin.requests import AsyncRequestAdmin
from jobs.models import Artifact, AsyncRequest, Dataset, PausedAction

admin.site.site_header = "Streamer"
admin.site.site_title = "Streamer"
admin.site.index_title = "Overview"
# The lists need its width; the header links to all of them instead.
admin.site.enable_nav_sidebar = False

admin.site.register(AsyncRequest, AsyncRequestAdmin)
admin.site.register(Artifact, ArtifactAdmin)
admin.site.register(Dataset, DatasetAdmin)
admin.site.register(PausedAction, PausedActionAdmin)

# RQ's own pages let every member of the staff, whatever their permissions, delete jobs and stop workers. Their module
# is imported above, so that the registration is there to be taken back, whatever the order of the apps.
if admin.site.is_registered(Dashboard) and isinstance(admin.site.get_model_admin(Dashboard), QueueAdmin):
    admin.site.unregister(Dashboard)

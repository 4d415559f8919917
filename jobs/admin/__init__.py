"""The admin's pages about requests, files, orders and daily use. Registered here, each made in its own module."""

from django.contrib import admin

from jobs.admin.acting.operator_acts import OperatorActAdmin
from jobs.admin.acting.witness import log_step
from jobs.admin.artifacts import ArtifactAdmin
from jobs.admin.datasets import DatasetAdmin
from jobs.admin.paused_actions import PausedActionAdmin
from jobs.admin.requests import AsyncRequestAdmin
from jobs.admin.steering.limits import LimitOverrideAdmin
from jobs.admin.steering.queues import PausedQueueAdmin
from jobs.admin.steering.workers import WorkerAdmin
from jobs.admin.usage import DailyUsageAdmin, TenantQuotaAdmin
from jobs.models import (
    Artifact,
    AsyncRequest,
    DailyUsage,
    Dataset,
    LimitOverride,
    OperatorAct,
    PausedAction,
    PausedQueue,
    TenantQuota,
    Worker,
)
from jobs.operations.acts import WITNESSES

admin.site.register(AsyncRequest, AsyncRequestAdmin)
admin.site.register(Artifact, ArtifactAdmin)
admin.site.register(Dataset, DatasetAdmin)
admin.site.register(PausedAction, PausedActionAdmin)
admin.site.register(PausedQueue, PausedQueueAdmin)
admin.site.register(LimitOverride, LimitOverrideAdmin)
admin.site.register(Worker, WorkerAdmin)
admin.site.register(DailyUsage, DailyUsageAdmin)
admin.site.register(TenantQuota, TenantQuotaAdmin)
admin.site.register(OperatorAct, OperatorActAdmin)
WITNESSES.append(log_step)

"""The name of the site's admin, and who may see the pages of RQ."""

from typing import cast

from django.contrib import admin
from django.urls import reverse_lazy
from django_rq.admin import QueueAdmin
from django_rq.models import Dashboard

from realtime.http.sign_in.admin_form import LimitedAdminForm
from streamer_site.rq_admin.pages import RestrictedQueueAdmin

admin.site.site_header = "Streamer"
admin.site.site_title = "Streamer"
admin.site.index_title = "Overview"
# Django's own leads to a path prefix without its last slash, where no page is.
admin.site.site_url = cast(str, reverse_lazy("console"))
# The lists need the width of the sidebar; the header links to all lists instead.
admin.site.enable_nav_sidebar = False
admin.site.login_form = LimitedAdminForm

# As django-rq registers its pages, all staff may use them. Its module is imported by ``rq_admin.pages``, so that this
# comes after that, whatever the order of the apps.
if admin.site.is_registered(Dashboard) and isinstance(admin.site.get_model_admin(Dashboard), QueueAdmin):
    admin.site.unregister(Dashboard)
    admin.site.register(Dashboard, RestrictedQueueAdmin)

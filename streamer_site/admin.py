"""The name of the site's admin, and the pages that it leaves out."""

from django.contrib import admin
from django_rq.admin import QueueAdmin
from django_rq.models import Dashboard

admin.site.site_header = "Streamer"
admin.site.site_title = "Streamer"
admin.site.index_title = "Overview"
# The lists need the width of the sidebar; the header links to all lists instead.
admin.site.enable_nav_sidebar = False

# RQ's own pages let all staff, whatever their permissions, delete jobs and stop workers. Their module is imported
# above, so that the pages are registered before they are removed here, whatever the order of the apps.
if admin.site.is_registered(Dashboard) and isinstance(admin.site.get_model_admin(Dashboard), QueueAdmin):
    admin.site.unregister(Dashboard)

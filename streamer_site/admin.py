"""How the site's admin is called, and what it leaves out."""

from django.contrib import admin
from django_rq.admin import QueueAdmin
from django_rq.models import Dashboard

admin.site.site_header = "Streamer"
admin.site.site_title = "Streamer"
admin.site.index_title = "Overview"
# The lists need its width; the header links to all of them instead.
admin.site.enable_nav_sidebar = False

# RQ's own pages let every member of the staff, whatever their permissions, delete jobs and stop workers. Their module
# is imported above, so that the registration is there to be taken back, whatever the order of the apps.
if admin.site.is_registered(Dashboard) and isinstance(admin.site.get_model_admin(Dashboard), QueueAdmin):
    admin.site.unregister(Dashboard)

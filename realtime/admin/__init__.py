"""The admin's pages about people and their sockets. They are registered here, each from a module of its own."""

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import get_user_model

from jobs.admin.links import register_pages
from realtime.admin.connection_page import connection_page_url
from realtime.admin.connections import ConnectionAdmin
from realtime.admin.console_page import console_page_url
from realtime.admin.memberships import MemberAdmin, MembershipAdmin
from realtime.admin.revocations import RevocationAdmin
from realtime.admin.web_processes import WebProcessAdmin
from realtime.models import Connection, Membership, Revocation, WebProcess

admin.site.register(Connection, ConnectionAdmin)
admin.site.register(WebProcess, WebProcessAdmin)
admin.site.register(Membership, MembershipAdmin)
admin.site.register(Revocation, RevocationAdmin)
register_pages(connection=connection_page_url, console=console_page_url)

# Replaces Django's page, so that a user gets a tenant and permissions on creation. A user model of the
# project's own has an admin page of its own; then memberships are given on their own page.
if settings.AUTH_USER_MODEL == "auth.User":
    admin.site.unregister(get_user_model())
    admin.site.register(get_user_model(), MemberAdmin)

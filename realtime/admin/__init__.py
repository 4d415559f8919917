"""The admin's pages about people and their sockets. Registered here, each made in a module of its own."""

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import get_user_model

from jobs.admin.connections import register_connection_page
from realtime.admin.connection_page import connection_page_url
from realtime.admin.connections import ConnectionAdmin
from realtime.admin.memberships import MemberAdmin, MembershipAdmin
from realtime.models import Connection, Membership

admin.site.register(Connection, ConnectionAdmin)
admin.site.register(Membership, MembershipAdmin)
register_connection_page(connection_page_url)

# Instead of Django's own page, so that a user gets a tenant and permissions where the user is made. A user model of the
# project's own has a page of the project's own; there, memberships are given on theirs.
if settings.AUTH_USER_MODEL == "auth.User":
    admin.site.unregister(get_user_model())
    admin.site.register(get_user_model(), MemberAdmin)

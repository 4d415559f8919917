"""The project's own page of its users, which Streamer does not know."""

from django.contrib import admin

from tests.people.models import Person


@admin.register(Person)
class PersonAdmin(admin.ModelAdmin):
    search_fields = ("email",)
    ordering = ("email",)

"""``{{ row|has_acts }}``: True if an operator did something with the row that the admin's log knows."""

from django.template import Library

from jobs.admin.detail.acts import has_acts

register = Library()
register.filter("has_acts", has_acts)

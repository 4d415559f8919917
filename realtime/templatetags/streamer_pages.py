"""``{% page_file "pages/console.js" %}``: the URL of a script or style sheet of Streamer's own pages."""

from django.template import Library

from realtime.page_files import page_file_url

register = Library()
register.simple_tag(page_file_url, name="page_file")

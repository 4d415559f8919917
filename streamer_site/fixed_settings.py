"""The lists of Django's settings that no environment variable changes."""

import sys
from typing import Final

APPS: Final = (
    # It teaches `runserver` to serve sockets. Any other process would load Twisted for nothing, which takes 14 MB.
    *(("daphne",) if "runserver" in sys.argv[1:2] else ()),
    "streamer_site.admin_site.StreamerAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "django_rq",
    "rest_framework",
    "rest_framework_simplejwt",
    "streamer_site",
    "realtime",
    "jobs",
)
MIDDLEWARES: Final = (
    "django.middleware.security.SecurityMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "realtime.http.middleware.refuse_nul",
    "realtime.http.middleware.complete_responses",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "streamer_site.away.SayWhatIsAway",
)
CONTEXT_PROCESSORS: Final = (
    "django.template.context_processors.request",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
)

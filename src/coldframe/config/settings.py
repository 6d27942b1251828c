"""Django's settings. What a company decides is in the playbook; what a machine needs is in the environment."""

from __future__ import annotations

from pathlib import Path

from coldframe import environment
from coldframe.config import secret_key

PACKAGE = Path(__file__).resolve().parent.parent
HOME = environment.home()

DEBUG = False
SECRET_KEY = secret_key.read_or_create(HOME)
#: Loopback alone until people and passwords exist.
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "template_partials",
    "django_htmx",
    "csp",
    "coldframe.team",
    "coldframe.leads",
    "coldframe.activity",
    "coldframe.library",
    "coldframe.nurture",
    "coldframe.web",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "coldframe.web.middleware.PageMiddleware",
]
ROOT_URLCONF = "coldframe.config.urls"
WSGI_APPLICATION = "coldframe.config.wsgi.application"
AUTH_USER_MODEL = "team.User"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]
DATABASES = {"default": environment.database(HOME)}

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"
STATICFILES_DIRS: list[str] = []
WHITENOISE_USE_FINDERS = True
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    # A wrong Host header is answered with 400; whoever sends one does not get to fill the log with tracebacks.
    "loggers": {"django.security.DisallowedHost": {"handlers": [], "propagate": False}},
}

"""Django's settings. What a company decides is in the playbook; what a machine needs is in the environment."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from coldframe import environment, logs
from coldframe.config import secret_key, single_sign_on

PACKAGE = Path(__file__).resolve().parent.parent
#: Of the library only the files are named here: as an app it would be imported by every command, for a fifth of its start.
NINJA = Path(str(find_spec("ninja").origin)).parent  # type: ignore[union-attr]
HOME = environment.home()
#: Names this machine where neither its own id nor its host name lasts, such as in containers.
HOST_ID = environment.text("COLDFRAME_HOST_ID", "")
#: With less than this free in the data folder, nothing is sent: it might not be written down.
LEAST_FREE_BYTES = environment.whole_number("COLDFRAME_LEAST_FREE_MIB", 500) * 2**20

DEBUG = False
SECRET_KEY = secret_key.read_or_create(HOME)
#: Keys that were replaced, oldest last: links in messages that were sent under them still open.
SECRET_KEY_FALLBACKS = environment.text("COLDFRAME_OLD_SECRET_KEYS", "").split()
#: Where links in messages lead: the pages for people without a login.
BASE_URL = environment.base_url()
#: One's own site, for readers whose link leads nowhere; empty: not named there.
SITE_URL = environment.web_address("COLDFRAME_SITE_URL", "")
#: How many proxies stand before this program; the last runs on this machine and says who asked.
PROXIES = environment.whole_number("COLDFRAME_PROXIES", 1)
#: Networks whose clicks are never a person's: mail gateways that open links.
SCANNER_NETWORKS = environment.networks("COLDFRAME_SCANNER_NETWORKS")
#: Hosts of one's own network that webhooks may call, as ``host`` or ``host:port``; all others must be public.
WEBHOOK_HOSTS = environment.text("COLDFRAME_WEBHOOK_HOSTS", "").replace(",", " ").split()
IS_HTTPS = BASE_URL.startswith("https:")
#: Under which other names the pages are asked for, such as ``coldframe.lan``.
HOSTS = environment.text("COLDFRAME_HOSTS", "").replace(",", " ").split()
#: Until people and passwords exist, pages are served on loopback alone (``PublicHostMiddleware``).
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", str(urlsplit(BASE_URL).hostname), *HOSTS]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "template_partials",
    "django_htmx",
    "csp",
    "coldframe.team",
    "coldframe.leads",
    "coldframe.activity",
    "coldframe.outbox",
    "coldframe.library",
    "coldframe.delivery",
    "coldframe.handoff",
    "coldframe.nurture",
    "coldframe.web",
    # After the pages, whose templates stand in for theirs.
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
]
MIDDLEWARE = [
    "coldframe.web.middleware.CharsetMiddleware",
    "coldframe.web.public.middleware.ClientAddressMiddleware",
    "coldframe.web.public.middleware.PublicHostMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "coldframe.web.people.middleware.PersonMiddleware",
    "coldframe.web.middleware.PageMiddleware",
]
ROOT_URLCONF = "coldframe.config.urls"
WSGI_APPLICATION = "coldframe.config.wsgi.application"
AUTH_USER_MODEL = "team.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_CHECKS = "django.contrib.auth.password_validation."  # noqa: S105 - Where they are found.
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": PASSWORD_CHECKS + "UserAttributeSimilarityValidator"},
    {"NAME": PASSWORD_CHECKS + "MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": PASSWORD_CHECKS + "CommonPasswordValidator"},
    {"NAME": PASSWORD_CHECKS + "NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "web:start"
ACCOUNT_ADAPTER = "coldframe.web.people.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_LOGIN_ON_PASSWORD_RESET = False
#: For how long a proof that it is still the same person is believed, before keys and second factors are shown.
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
MFA_ADAPTER = "coldframe.web.people.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Coldframe"
MFA_TOTP_TOLERANCE = 1
SOCIALACCOUNT_ADAPTER = "coldframe.web.people.single_sign_on.SingleSignOnAdapter"
#: The other house's pages may lead on and on, which a form of ours must not; so a link starts it.
SOCIALACCOUNT_LOGIN_ON_GET = True
SOCIALACCOUNT_PROVIDERS = single_sign_on.providers()
SINGLE_SIGN_ON_ROLE = single_sign_on.role()
#: Tries at signing in are counted where every process sees them.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "team_remembered",
        # So many that nobody makes it forget by trying names.
        "OPTIONS": {"MAX_ENTRIES": 50_000},
    }
}
SESSION_COOKIE_AGE = 60 * 60 * 24 * environment.whole_number("COLDFRAME_SESSION_DAYS", 14, least=1)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
CSRF_TRUSTED_ORIGINS = ["{0.scheme}://{0.netloc}".format(urlsplit(BASE_URL))] if IS_HTTPS else []
#: A proxy on this machine says how it was asked; what others say of it, ``ClientAddressMiddleware`` takes away.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IS_HTTPS and PROXIES else None
#: For so long browsers ask for this host by https alone.
SECURE_HSTS_SECONDS = environment.whole_number("COLDFRAME_HSTS_SECONDS", 30 * 86_400) if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = environment.yes_no("COLDFRAME_HSTS_SUBDOMAINS", False)
SILENCED_SYSTEM_CHECKS = [
    # The proxy that has the certificate leads to https; programs on this machine go on asking by http.
    "security.W008",
    # Of the other hosts of this domain only its owner can say that they all speak https.
    *([] if SECURE_HSTS_INCLUDE_SUBDOMAINS else ["security.W005", "security.W021"]),
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [NINJA / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
                "coldframe.web.menu.for_request",
            ]
        },
    }
]
DATABASES = {"default": environment.database(HOME)}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [PACKAGE / "web" / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"
STATICFILES_DIRS = [NINJA / "static"]
WHITENOISE_USE_FINDERS = True
#: What was done is said on the next page; until then it waits in a cookie.
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"
FILE_UPLOAD_HANDLERS = [
    "coldframe.web.bodies.BoundedBodies",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
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
#: For how long what is kept (``nurture.retention``); 0 months: for ever.
RETENTION = {
    "lead_months": environment.whole_number("COLDFRAME_KEEP_LEADS_MONTHS", 24),
    "review_days": environment.whole_number("COLDFRAME_REVIEW_DAYS", 30, least=30),
    "event_months": environment.whole_number("COLDFRAME_KEEP_EVENTS_MONTHS", 36),
}
LOGGING = logs.settings()

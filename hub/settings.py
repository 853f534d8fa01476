"""Django settings of the site. The environment decides; `docs/reference/settings.md` lists every variable."""

import os
from importlib.util import find_spec
from typing import Any

from csp.constants import SELF
from django.core.exceptions import ImproperlyConfigured

from examples.shop.schedule import SCHEDULE as SHOP_SCHEDULE
from hub.api.settings import REST_FRAMEWORK as REST_FRAMEWORK
from hub.api.settings import SPECTACULAR_SETTINGS as SPECTACULAR_SETTINGS
from hub.centrifugo_config import TRANSPORTS, settings_of
from hub.conf import BASE_DIR, environment, redis_url, var_dir
from hub.database_url import read_database
from hub.environment import (
    prepare_var,
    read_bool,
    read_choice,
    read_int,
    read_json,
    read_list,
    read_secret_key,
    read_text,
)

ENVIRONMENT = environment()
if ENVIRONMENT not in {"demo", "production", "test"}:
    raise ImproperlyConfigured(f"expected HUBBUB_ENV to be demo, production or test, got {ENVIRONMENT!r}")
PRODUCTION = ENVIRONMENT == "production"
VAR_DIR = var_dir()
prepare_var(VAR_DIR)

SECRET_KEY = read_secret_key(VAR_DIR, production=PRODUCTION)
DEBUG = read_bool("DEBUG", default=False)
if PRODUCTION and not os.environ.get("ALLOWED_HOSTS"):
    raise ImproperlyConfigured(
        "expected ALLOWED_HOSTS in the environment in production, e.g. ALLOWED_HOSTS=chat.example.com"
    )
ALLOWED_HOSTS = read_list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]", "testserver"])
HUBBUB_ALLOWED_ORIGINS = read_list("HUBBUB_ALLOWED_ORIGINS", default=[])
HUBBUB_TOKEN_ORIGINS = read_list("HUBBUB_TOKEN_ORIGINS", default=[])
HUBBUB_TRUSTED_PROXIES = read_list("HUBBUB_TRUSTED_PROXIES", default=[])
# Not of the setting's own name: a shell that has a client's key, of a few scopes, may also start a hub.
HUBBUB_API_KEY = os.environ.get("HUBBUB_HTTP_API_KEY", "")
HUBBUB_LIMITS = read_bool("HUBBUB_LIMITS", default=True)

# Tokens that another backend issues (`hub/tokens/`).
HUBBUB_TOKEN_HMAC_SECRET_KEY = read_text("HUBBUB_TOKEN_HMAC_SECRET_KEY")
HUBBUB_TOKEN_HMAC_PREVIOUS_SECRET_KEY = read_text("HUBBUB_TOKEN_HMAC_PREVIOUS_SECRET_KEY")
HUBBUB_TOKEN_HMAC_PREVIOUS_SECRET_KEY_VALID_UNTIL = read_int(
    "HUBBUB_TOKEN_HMAC_PREVIOUS_SECRET_KEY_VALID_UNTIL", default=0
)
HUBBUB_TOKEN_RSA_PUBLIC_KEY = read_text("HUBBUB_TOKEN_RSA_PUBLIC_KEY")
HUBBUB_TOKEN_ECDSA_PUBLIC_KEY = read_text("HUBBUB_TOKEN_ECDSA_PUBLIC_KEY")
HUBBUB_TOKEN_JWKS_PUBLIC_ENDPOINT = read_text("HUBBUB_TOKEN_JWKS_PUBLIC_ENDPOINT")
HUBBUB_TOKEN_AUDIENCE = read_text("HUBBUB_TOKEN_AUDIENCE")
HUBBUB_TOKEN_AUDIENCE_REGEX = read_text("HUBBUB_TOKEN_AUDIENCE_REGEX")
HUBBUB_TOKEN_ISSUER = read_text("HUBBUB_TOKEN_ISSUER")
HUBBUB_TOKEN_ISSUER_REGEX = read_text("HUBBUB_TOKEN_ISSUER_REGEX")
HUBBUB_TOKEN_USER_ID_CLAIM = read_text("HUBBUB_TOKEN_USER_ID_CLAIM")
HUBBUB_SUBSCRIPTION_TOKEN_HMAC_SECRET_KEY = read_text("HUBBUB_SUBSCRIPTION_TOKEN_HMAC_SECRET_KEY")
HUBBUB_SUBSCRIPTION_TOKEN_HMAC_PREVIOUS_SECRET_KEY = read_text("HUBBUB_SUBSCRIPTION_TOKEN_HMAC_PREVIOUS_SECRET_KEY")
HUBBUB_SUBSCRIPTION_TOKEN_HMAC_PREVIOUS_SECRET_KEY_VALID_UNTIL = read_int(
    "HUBBUB_SUBSCRIPTION_TOKEN_HMAC_PREVIOUS_SECRET_KEY_VALID_UNTIL", default=0
)
HUBBUB_SUBSCRIPTION_TOKEN_RSA_PUBLIC_KEY = read_text("HUBBUB_SUBSCRIPTION_TOKEN_RSA_PUBLIC_KEY")
HUBBUB_SUBSCRIPTION_TOKEN_ECDSA_PUBLIC_KEY = read_text("HUBBUB_SUBSCRIPTION_TOKEN_ECDSA_PUBLIC_KEY")
HUBBUB_SUBSCRIPTION_TOKEN_JWKS_PUBLIC_ENDPOINT = read_text("HUBBUB_SUBSCRIPTION_TOKEN_JWKS_PUBLIC_ENDPOINT")
HUBBUB_SUBSCRIPTION_TOKEN_AUDIENCE = read_text("HUBBUB_SUBSCRIPTION_TOKEN_AUDIENCE")
HUBBUB_SUBSCRIPTION_TOKEN_AUDIENCE_REGEX = read_text("HUBBUB_SUBSCRIPTION_TOKEN_AUDIENCE_REGEX")
HUBBUB_SUBSCRIPTION_TOKEN_ISSUER = read_text("HUBBUB_SUBSCRIPTION_TOKEN_ISSUER")
HUBBUB_SUBSCRIPTION_TOKEN_ISSUER_REGEX = read_text("HUBBUB_SUBSCRIPTION_TOKEN_ISSUER_REGEX")
HUBBUB_SUBSCRIPTION_TOKEN_USER_ID_CLAIM = read_text("HUBBUB_SUBSCRIPTION_TOKEN_USER_ID_CLAIM")
HUBBUB_GUESTS = read_bool("HUBBUB_GUESTS", default=False)
HUBBUB_ALLOW_ANONYMOUS = read_bool("HUBBUB_ALLOW_ANONYMOUS", default=False)
HUBBUB_ANONYMOUS_TOKENS = read_bool("HUBBUB_ANONYMOUS_TOKENS", default=True)
HUBBUB_NAMESPACES = read_json("HUBBUB_NAMESPACES", default=[])
HUBBUB_TRANSPORTS = read_list("HUBBUB_TRANSPORTS", default=list(TRANSPORTS))
HUBBUB_INSECURE = read_bool("HUBBUB_INSECURE", default=False)
HUBBUB_PERSONAL_CHANNEL = read_bool("HUBBUB_PERSONAL_CHANNEL", default=False)
HUBBUB_PERSONAL_CHANNEL_NAMESPACE = read_text("HUBBUB_PERSONAL_CHANNEL_NAMESPACE")
# A configuration of Centrifugo says some of this, where the environment does not.
HUBBUB_CENTRIFUGO_CONFIG = read_text("HUBBUB_CENTRIFUGO_CONFIG")
globals().update(settings_of(HUBBUB_CENTRIFUGO_CONFIG, os.environ))
CSRF_TRUSTED_ORIGINS = HUBBUB_ALLOWED_ORIGINS

INSTALLED_APPS = [
    "notifications",
    "chat",
    "hub",
    "channels",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]
# Sends again the durable tasks that were lost on their way, and shows that workers do something (`hub/liveness.py`).
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "hub-sweep-tasks": {"task": "hub.tasks.sweep", "schedule": 5.0, "options": {"expires": 10}},
    # Lets go of events that their namespaces do not keep any longer (`hub/retention.py`).
    "hub-trim-streams": {"task": "hub.retention.trim", "schedule": 60.0, "options": {"expires": 60}},
}
# The example of a host application is part of the demo.
if not PRODUCTION or read_bool("HUBBUB_SHOP", default=False):
    INSTALLED_APPS.insert(0, "examples.shop")
    CELERY_BEAT_SCHEDULE |= SHOP_SCHEDULE

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "hub.unavailable.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "hub.unavailable.UnavailableMiddleware",
]

# Django Debug Toolbar, where `make develop` has installed it; it shows every query, so never without DEBUG.
if DEBUG and find_spec("debug_toolbar"):
    INSTALLED_APPS.append("debug_toolbar")
    MIDDLEWARE.insert(0, "debug_toolbar.middleware.DebugToolbarMiddleware")
    INTERNAL_IPS = ["127.0.0.1", "::1"]

ROOT_URLCONF = "hub.urls"
ASGI_APPLICATION = "asgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

DATABASES: dict[str, Any] = {
    "default": read_database(os.environ.get("DATABASE_URL", ""), default=VAR_DIR / "hubbub.sqlite3")
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

HUBBUB_LAYER_PREFIX = os.environ.get("HUBBUB_LAYER_PREFIX", "hubbub")
CHANNEL_LAYERS: dict[str, Any] = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {
            # Explicit, since redis-py 8 changed its defaults: a read that waits for a message has no time limit of
            # its own, a connection does.
            "hosts": [{"address": redis_url(), "socket_timeout": 15, "socket_connect_timeout": 2}],
            "prefix": HUBBUB_LAYER_PREFIX,
        },
    }
}

CELERY_BROKER_URL = redis_url().replace("unix://", "redis+socket://", 1)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# After so many seconds what a killed worker held comes back, where it is no durable task, which comes sooner.
# A `countdown` of such a task must stay below, or it runs again.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3_600,
    # A Redis that hangs must not hold up a request that sends a task.
    "socket_timeout": 3,
    "socket_connect_timeout": 1,
    "global_keyprefix": f"{HUBBUB_LAYER_PREFIX}.",
}
# A request that cannot reach the broker is told so at once, instead of waiting for retries.
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0.1, "interval_max": 0.2}
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# A task whose connection is gone cannot be acknowledged, and comes again: the first of the two may as well end.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
# `celery inspect` and `celery control`: what listens for them in the gevent pool dies with the first restart of Redis.
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "hub.beat:Scheduler"
# Seconds within which a clock that was set back is noticed.
CELERY_BEAT_MAX_LOOP_INTERVAL = 30
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [directory for directory in [BASE_DIR / "web" / "dist"] if directory.is_dir()]
# Served straight from where they lie, so that one command is enough.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/hubbub/assets/.+-[\w-]{8}\.\w+$"

LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login/"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "form-action": [SELF],
    }
}
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SECURE_SSL_REDIRECT = read_bool("SECURE_SSL_REDIRECT", default=False)
# Who watches the server asks it directly, without TLS.
SECURE_REDIRECT_EXEMPT = [r"^health$"]
SECURE_HSTS_SECONDS = read_int("SECURE_HSTS_SECONDS", default=0)
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": read_choice("LOG_LEVEL", LOG_LEVELS, default="INFO")},
    # While Redis is away it writes a traceback each second; `hub.dispatch` says the same in one line.
    "loggers": {"channels_redis.pubsub": {"level": "CRITICAL"}},
}

"""Every setting of RLFlow, named once; nothing else reads the environment."""

from __future__ import annotations

import ipaddress
import os
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, get_type_hints
from urllib.parse import urlsplit

PUBLISHED_SECRETS = frozenset(
    """changeme change-me change_me secret secretkey secret-key secret_key my-secret mysecret supersecret
    super-secret super-secret-key super_secret_key jwt-secret jwt_secret jwt-secret-key jwt_secret_key
    your-secret-key your_secret_key your-256-bit-secret development dev-secret dev_secret_key default
    password insecure test temporary_key thisismysecretkey SECRET_KEY SECRET django-insecure flask-insecure
    CHANGE_ME_TO_A_COMPLEX_RANDOM_SECRET thisISaSECRET_1234 USE_YOUR_OWN_SECURE_RANDOM_KEY
    \x02\x01thisismyscretkey\x01\x02\\e\\y\\y\\h TEST_NON_DEV_SECRET""".casefold().split()
)
MIN_SECRET_BYTES = 32
REDIS_SCHEMES = ("redis", "rediss", "redis+socket")


class SettingsError(Exception):
    """A setting that the product refuses to start with; the text names it and says how to mend it."""


def _secret() -> Any:
    return field(default="", metadata={"secret": True})


@dataclass(frozen=True)
class Settings:
    """All settings; each is read from `RLFLOW_<NAME>`, then `rlflow.toml`, and some also under a plain name."""

    # "development" on a laptop, "production" where others depend on it, "test" in test suites.
    env: Literal["development", "production", "test"] = "development"
    # Folder of the SQLite database, uploads, exports and generated secrets.
    data_dir: Path = Path("rlflow-data")
    # SQLAlchemy address of the database; empty: SQLite in the data folder. Plain DATABASE_URL is honoured.
    database_url: str = ""
    # Redis (redis:// or rediss://) as message broker; empty: jobs run inside `rlflow up`. Plain REDIS_URL too.
    redis_url: str = ""
    # Start of the names of all Redis keys, so that several instances can share one Redis.
    redis_prefix: str = "rlflow:"
    # Address the web server listens on; anything but loopback makes this a production.
    host: str = "127.0.0.1"
    # Port of the web server. Plain PORT is honoured.
    port: int = 8000
    # Signs one-time links and downloads; at least 32 random bytes, required in production.
    secret_key: str = _secret()
    # The SECRET_KEY before the last rotation: it still verifies, it never signs.
    secret_key_previous: str = _secret()
    # Signs access tokens; at least 32 random bytes and not the SECRET_KEY, required in production.
    jwt_secret_key: str = _secret()
    # The JWT key before the last rotation: it still verifies, it never signs.
    jwt_secret_key_previous: str = _secret()
    # Mixed into every password hash. Optional; hashes made without it go on counting and are renewed at sign-in.
    password_pepper: str = _secret()
    # The pepper before the last change: hashes made with it count and are renewed at sign-in.
    password_pepper_previous: str = _secret()
    # Work factor of bcrypt; 12 takes about a quarter of a second.
    bcrypt_cost: int = 12
    # Origins (https://app.example.org, comma separated) that may call the API from a browser; empty: none.
    allowed_origins: tuple[str, ...] = ()
    # Host names the web server answers to, comma separated; empty: any (not in production).
    trusted_hosts: tuple[str, ...] = ()
    # Number of proxies in front whose X-Forwarded-For is believed.
    trusted_proxy_count: int = 0
    # Who may create an account: anybody (open), people with an invitation (invite), nobody (closed).
    registration: Literal["open", "invite", "closed"] = "open"
    # First admin of an empty database, for deployments that start unattended.
    admin_email: str = ""
    # Password of that first admin.
    admin_password: str = _secret()
    # Whether sign-in and registration are limited per address.
    ratelimit_enabled: bool = True
    # What Prometheus must show at /metrics as a bearer token; empty: anybody may read the numbers.
    metrics_token: str = _secret()
    # Folder of single-file plugins.
    plugins_dir: Path | None = None
    # Names of plugins that are not loaded, comma separated.
    disabled_plugins: tuple[str, ...] = ()
    # Load built-in plugins only.
    safe_mode: bool = False
    # Which components run in a child process when a job calls them: strangers' (third_party) or all.
    isolate: Literal["third_party", "all"] = "third_party"
    # Seconds after which a component call in a job is stopped.
    component_timeout: float = 300.0
    # Megabytes of memory that a component's child process may take.
    component_memory: int = 2048
    # Key of the LLM provider that is asked where nobody names one; empty: the one that plugins offer as default.
    default_provider: str = ""
    # Seconds that one answer of a model may take, all waiting and asking again included.
    generation_seconds: float = 30.0
    # Seconds without a sign of life after which a provider is asked again.
    generation_silence: float = 20.0
    # Seconds within which, by chance, a failed provider is asked again; twice as many before the second time.
    generation_retry: float = 1.0
    # Requests that one LLM provider gets per minute from all processes together; 0: as many as are wanted.
    generation_rate: int = 0
    # Threads of the embedded web server.
    web_threads: int = 8
    # Jobs that the embedded worker does at once.
    worker_threads: int = 4

    @property
    def is_production(self) -> bool:
        """Whether others depend on this instance, so that unsafe settings refuse to start."""
        return (
            self.env == "production"
            or not is_loopback(self.host)
            or self.database_url.startswith("postgresql")
        )

    def masked(self) -> dict[str, Any]:
        """The settings by name, with secrets and the passwords of addresses hidden."""
        shown: dict[str, Any] = {}
        for setting in fields(self):
            value = getattr(self, setting.name)
            if setting.metadata.get("secret"):
                value = "********" if value else ""
            elif setting.name.endswith("_url"):
                value = mask_url(value)
            shown[setting.name] = str(value) if isinstance(value, Path) else value
        return shown


PLAIN_NAMES = ("database_url", "redis_url", "allowed_origins", "port")


def load_settings(environ: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """The settings in force: `overrides` beat the environment, which beats `rlflow.toml`, which beats defaults."""
    environ = os.environ if environ is None else environ
    values = _from_toml(Path(environ.get("RLFLOW_CONFIG", "rlflow.toml")))
    hints = get_type_hints(Settings)
    for setting in fields(Settings):
        name = setting.name
        text = environ.get(f"RLFLOW_{name.upper()}")
        if text is None and name in PLAIN_NAMES:
            text = environ.get(name.upper())
        if text is not None:
            values[name] = text
        if name in values:
            values[name] = _parse(name, values[name], hints[name])
    settings = Settings(**{**values, **overrides})
    return _complete(settings)


def _from_toml(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    with path.open("rb") as file:
        values = {key.lower(): value for key, value in tomllib.load(file).items()}
    known = {setting.name for setting in fields(Settings)}
    for name in values:
        if name not in known:
            raise SettingsError(f"{path.name} names an unknown setting {name!r}. There are: {sorted(known)}.")
    return values


def _parse(name: str, value: Any, hint: Any) -> Any:
    if not isinstance(value, str):
        return tuple(value) if isinstance(value, list) else value
    if hint is bool:
        if value.lower() not in {"1", "0", "true", "false", "yes", "no", "on", "off"}:
            raise SettingsError(f"RLFLOW_{name.upper()} must be 1 or 0, not {value!r}.")
        return value.lower() in {"1", "true", "yes", "on"}
    if hint in (int, float):
        try:
            return hint(value)
        except ValueError:
            raise SettingsError(f"RLFLOW_{name.upper()} must be a number, not {value!r}.") from None
    if hint == tuple[str, ...]:
        return tuple(part.strip() for part in value.split(",") if part.strip())
    if hint in (Path, Path | None):
        return Path(value) if value else None
    return value


def _complete(settings: Settings) -> Settings:
    for name in ("env", "registration", "isolate"):
        choices = get_type_hints(Settings)[name].__args__
        if getattr(settings, name) not in choices:
            raise SettingsError(f"RLFLOW_{name.upper()} must be one of {', '.join(choices)}.")
    settings = replace(settings, data_dir=settings.data_dir.absolute())
    url = settings.database_url or f"sqlite:///{settings.data_dir / 'rlflow.sqlite'}"
    if url.startswith("postgres://"):
        url = "postgresql://" + url.removeprefix("postgres://")
    settings = replace(settings, database_url=url)
    _check_origins(settings)
    _check_redis(settings)
    if settings.is_production:
        _check_secrets(settings)
        return settings
    return _with_made_secrets(settings)


def _check_origins(settings: Settings) -> None:
    for origin in settings.allowed_origins:
        parts = urlsplit(origin)
        if (
            parts.scheme not in ("http", "https")
            or not parts.hostname
            or f"{parts.scheme}://{parts.netloc}" != origin
        ):
            raise SettingsError(
                f"ALLOWED_ORIGINS has {origin!r}: each must be scheme://host[:port], without a path or wildcard."
            )
        if settings.is_production and parts.scheme != "https" and not is_loopback(parts.hostname):
            raise SettingsError(f"ALLOWED_ORIGINS has {origin!r}: production takes https origins only.")


def _check_redis(settings: Settings) -> None:
    scheme = urlsplit(settings.redis_url).scheme
    if settings.redis_url and scheme not in REDIS_SCHEMES:
        raise SettingsError(
            f"RLFLOW_REDIS_URL begins with {scheme or settings.redis_url!r}: several processes reach one another "
            f"through Redis only. Begin with one of {', '.join(f'{known}://' for known in REDIS_SCHEMES)}, "
            "or leave it empty and run `rlflow up`."
        )


def _check_secrets(settings: Settings) -> None:
    for name in ("secret_key", "jwt_secret_key", "secret_key_previous", "jwt_secret_key_previous"):
        value = getattr(settings, name)
        if not value and name.endswith("_previous"):
            continue
        if not value:
            raise SettingsError(
                f"RLFLOW_{name.upper()} is not set. Set it to {MIN_SECRET_BYTES} random bytes or more."
            )
        # A key that still verifies lets its finder in as much as one that signs.
        if value.casefold() in PUBLISHED_SECRETS:
            raise SettingsError(
                f"RLFLOW_{name.upper()} is a published value. Set it to random bytes of your own."
            )
        if len(value.encode()) < MIN_SECRET_BYTES or len(set(value)) < 8:
            raise SettingsError(
                f"RLFLOW_{name.upper()} is too short or too regular: {MIN_SECRET_BYTES} random bytes."
            )
    if settings.secret_key == settings.jwt_secret_key:
        raise SettingsError("RLFLOW_JWT_SECRET_KEY must differ from RLFLOW_SECRET_KEY.")


def _with_made_secrets(settings: Settings) -> Settings:
    """Fill missing secrets of a laptop's instance from files that are made once, readable by their owner only."""
    made: dict[str, Any] = {}
    for name in ("secret_key", "jwt_secret_key"):
        if getattr(settings, name):
            continue
        path = settings.data_dir / name
        if not path.exists():
            settings.data_dir.mkdir(parents=True, exist_ok=True)
            try:
                handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            except FileExistsError:
                handle = -1
            if handle >= 0:
                with os.fdopen(handle, "w") as file:
                    file.write(secrets.token_urlsafe(48))
        made[name] = path.read_text()
    return replace(settings, **made)


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def mask_url(url: str) -> str:
    """`url` with its password hidden."""
    parts = urlsplit(url)
    return url.replace(f":{parts.password}@", ":********@") if parts.password else url


def environment_variable(name: str) -> str | None:
    """The variable that a component config names in place of a secret."""
    return os.environ.get(name)


def share_metrics_in(folder: Path) -> None:
    """Let this process and those forked from it keep the counts of their requests in `folder`."""
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)


def shared_metrics_folder() -> str | None:
    """Where several web processes keep their counts; None where there is one process."""
    return os.environ.get("PROMETHEUS_MULTIPROC_DIR")

"""Every declared setting, given nonsense of many kinds: one line, no secret, and never another error than that."""

import re
from pathlib import Path

import pytest

from jobs.conf.setting import Setting
from streamer_site.declared import DECLARED
from streamer_site.starting.environment import TOLD, read_environment, unknown_names
from streamer_site.starting.refusal import refuse, warn_of_unknown

SECRET = "hunter2-battery"
PAGE = (Path(__file__).resolve().parents[3] / "docs/reference/settings.md").read_text()
NONSENSE = [
    *("", " ", "\t", "maybe", "abc", "[]", "{bad", "{'a': 1}", "null", '"text"', "[1, 2]", '{"a": NaN}', '{"a": 1}'),
    *("-1", "-0.5", "1e400", "-1e400", "nan", "inf", "-infinity", "9" * 40, "9" * 5000, "0x10", "1,5", "12 parsecs"),
    *("٣", "½", "1" + "0" * 18 + "1", "[" * 100_000, "{" * 2_000, "é" * 3, "\udcff", "a\nb", "a\0b", "\x1b[31mred"),
    *(f"{scheme}://user:{SECRET}@host/x" for scheme in ("mysql", "http", "ftp", "javascript", "file", "")),
    *(f"{known}://u:{SECRET}@host:99999/x" for known in ("postgres", "redis", "https", "s3")),
    *(f"redis://:{SECRET}", f"redis://host/{SECRET[:0]}abc?password={SECRET}", f"postgres://u:a#{SECRET}@host/x"),
    *(f"//u:{SECRET}@host", f"postgres://u:{SECRET}@host", f"postgres:/u:{SECRET}@host/x", "postgres://[::1/x"),
    *(
        "redis://host:0",
        "redis://host:port",
        "http://",
        "https://",
        "sqlite://",
        "unix://",
        "://",
        "a,,b",
        ",",
        "../..",
    ),
    f'{{"shop": "nonsense://u:{SECRET}@host/x"}}',
]
TAKE_ANY_TEXT = {
    "JWT_ISSUER",
    "JWT_AUDIENCE",
    "STREAMER_DEFAULT_SOURCE",
    "STREAMER_FILES_DIR",
    "CONTENT_SECURITY_POLICY",
}


def lines_of(one: Setting, text: str) -> list[str]:
    return [fault.line for fault in read_environment([one], {one.name: text}).faults]


def documented() -> list[str]:
    """List the variables that the page names in code, at the start of an item or in the table of rates."""
    return sorted(set(re.findall(r"`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|DEBUG)`", PAGE)) - {"NAME_FILE", "RQ_QUEUES"})


def test_it_works() -> None:
    environment = read_environment(DECLARED, {"STREAMER_LEASE_SECONDS": " 20 ", "STREAMER_QUEUES": "a, b"})
    assert environment.faults == [] and environment.values["STREAMER_LEASE_SECONDS"] == 20.0
    assert environment.values["STREAMER_QUEUES"] == ["a", "b"] and environment.values["DEBUG"] is False


def test_the_page_and_the_declarations_name_the_same_settings() -> None:
    assert documented() == sorted(one.name for one in DECLARED)


@pytest.mark.parametrize("one", DECLARED, ids=lambda one: one.name)
def test_nonsense_is_one_line_with_the_name_and_no_secret(one: Setting) -> None:
    refused = []
    for text in NONSENSE:
        for line in lines_of(one, text):
            assert line.startswith(f"{one.name} ") and "Expected: " in line, text
            assert line.isprintable() and len(line) < 1000 and SECRET not in line, text
            refused.append(text)
    assert "a\0b" in refused
    assert len(refused) > 10 or one.is_secret or one.name in TAKE_ANY_TEXT


@pytest.mark.parametrize("one", DECLARED, ids=lambda one: one.name)
def test_a_value_that_is_let_through_is_one_that_python_code_may_give(one: Setting) -> None:
    for text in NONSENSE:
        environment = read_environment([one], {one.name: text})
        if not environment.faults:
            assert one.fault_of(environment.values[one.name]) is None, text
    if one.default is not None:
        assert one.fault_of(one.default) is None
        written = one.kind.write(one.default)
        assert read_environment([one], {one.name: written}).values[one.name] in (one.default, written)


HINTS = [
    ("STREAMER_LEASE_SECONDS", "0.5", "STREAMER_LEASE_SECONDS=2?"),
    ("STREAMER_LEASE_SECONDS", "abc", "default is STREAMER_LEASE_SECONDS=15."),
    ("STREAMER_SHIFT_SECONDS", "5min", "STREAMER_SHIFT_SECONDS=300?"),
    ("STREAMER_DATASET_MAX_BYTES", "2GiB", "STREAMER_DATASET_MAX_BYTES=2147483648?"),
    ("DEBUG", "ture", "DEBUG=true?"),
    ("DEBUG", "maybe", "default is DEBUG=false."),
    ("LOG_LEVEL", "warn", "LOG_LEVEL=WARNING?"),
    ("JWT_ALGORITHM", "hs-256", "JWT_ALGORITHM=HS256?"),
    ("REDIS_URL", f"http://:{SECRET}@host:6379/0", "REDIS_URL=redis://…@host:6379/0?"),
    ("DATABASE_URL", f"postgre://u:{SECRET}@host/x", "DATABASE_URL=postgres://…@host/x?"),
    ("REDIS_URL", "redis-sentinel://one:26379,two/main/0", "REDIS_URL=redis+sentinel://one:…/main/0?"),
    ("ALLOWED_HOSTS", "https://a.example/x", "ALLOWED_HOSTS=a.example?"),
    ("STREAMER_UMASK", "777", "default is STREAMER_UMASK=077."),
    ("STREAMER_ALLOWED_ORIGINS", "app.example", "STREAMER_ALLOWED_ORIGINS=https://app.example?"),
]


@pytest.mark.parametrize(("name", "text", "hint"), HINTS)
def test_the_hint_has_the_nearest_value(name: str, text: str, hint: str) -> None:
    (line,) = lines_of(next(one for one in DECLARED if one.name == name), text)
    assert line.endswith(hint)


SEVERAL = [
    ("DATABASE_URL", "postgres://u:p@one:5432,two:5433/x", True),
    ("DATABASE_URL", "postgres://u:p@one:5432,two:0/x", False),
    ("DATABASE_URL", "postgres://u:p@one,/x", False),
    ("REDIS_URL", "redis+sentinel://one:26379,two/main/0", True),
    ("REDIS_URL", "redis+sentinel://one:26379,two", False),
    ("REDIS_URL", "redis://one:6379,two:6379/0", False),
]


@pytest.mark.parametrize(("name", "text", "is_read"), SEVERAL)
def test_a_url_may_name_several_hosts_where_clients_choose_among_them(name: str, text: str, is_read: bool) -> None:
    assert is_read is not bool(lines_of(next(one for one in DECLARED if one.name == name), text))


OPTIONS = [
    ("redis://one:6379/0?socket_timeout=2&health_check_interval=30", True),
    ("rediss://one:6379/0?ssl_cert_reqs=none", True),
    ("unix:///run/redis.sock?db=2", True),
    ("redis://one:6379/0?socket_timeout=abc", False),
    ("redis://one:6379/0?no_such_option=1", False),
    ("rediss://one:6379/0?ssl_cert_reqs=maybe", False),
    ("unix:///run/redis.sock?db=x", False),
]


@pytest.mark.parametrize("name", ["REDIS_URL", "STREAMER_CHANNEL_REDIS_URLS"])
@pytest.mark.parametrize(("url", "is_read"), OPTIONS)
def test_the_options_of_a_redis_are_those_that_a_connection_takes(name: str, url: str, is_read: bool) -> None:
    lines = lines_of(next(one for one in DECLARED if one.name == name), url)
    assert is_read is not bool(lines)
    assert is_read or "what follows the ? is no option of a connection" in lines[0]


DSNS = [
    ("https://key@sentry.example.org/1", True),
    ("https://key@sentry.example.org/below/a/path/1", True),
    ("", True),
    ("https://sentry.example.org/1", False),
    ("https://key@sentry.example.org", False),
    ("https://key@sentry.example.org/name", False),
]


@pytest.mark.parametrize(("dsn", "is_read"), DSNS)
def test_a_dsn_names_a_key_and_a_project(dsn: str, is_read: bool) -> None:
    lines = lines_of(next(one for one in DECLARED if one.name == "SENTRY_DSN"), dsn)
    assert is_read is not bool(lines) and "key@" not in "".join(lines).partition("Expected: ")[0]


def test_a_source_database_does_not_stand_for_the_own_one() -> None:
    one = next(one for one in DECLARED if one.name == "STREAMER_SOURCE_DATABASES")
    assert lines_of(one, '{"shop": "postgres://host/shop"}') == []
    (line,) = lines_of(one, '{"default": "postgres://host/shop"}')
    assert "'default' is the name of Streamer's own database" in line


def test_urls_of_several_servers_are_told_from_those_of_sentinels() -> None:
    urls = ["redis://one:6379/0", "redis+sentinel://a:26379,b:26379/main/0", "unix:///run/redis.sock"]
    values = read_environment(DECLARED, {"STREAMER_CHANNEL_REDIS_URLS": ", ".join(urls)}).values
    assert values["STREAMER_CHANNEL_REDIS_URLS"] == urls


@pytest.mark.parametrize("one", [one for one in DECLARED if one.is_secret], ids=lambda one: one.name)
def test_a_secret_is_never_shown(one: Setting) -> None:
    for text in (f"{SECRET}\0", f'{{"shop": "{SECRET}', f'"{SECRET}"'):
        assert SECRET not in "".join(lines_of(one, text))
    assert (fault := one.fault_of([SECRET])) and SECRET not in fault.line


def test_all_faults_are_told_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    environment = read_environment(DECLARED, dict.fromkeys((one.name for one in DECLARED), "a\0b"))
    with pytest.raises(SystemExit) as ended:
        refuse(fault.line for fault in environment.faults)
    lines = capsys.readouterr().err.splitlines()
    assert ended.value.code == 2
    assert [line.partition(" ")[0] for line in lines[:-1]] == [one.name for one in DECLARED]


def test_a_value_may_be_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "lease").write_text("20\n")
    named = {"STREAMER_LEASE_SECONDS_FILE": str(tmp_path / "lease"), "STREAMER_LEASE_SECONDS": "3"}
    assert read_environment(DECLARED, named).values["STREAMER_LEASE_SECONDS"] == 20.0
    (tmp_path / "lease").write_bytes(b"\xff\xfe")
    for path in (str(tmp_path / "lease"), str(tmp_path), str(tmp_path / "none"), "/dev/null/x"):
        (fault,) = read_environment(DECLARED, {"STREAMER_LEASE_SECONDS_FILE": path}).faults
        assert fault.name == "STREAMER_LEASE_SECONDS_FILE" and "cannot be read" in fault.line
    (fault,) = read_environment(DECLARED, {"SECRET_KEY_FILE": SECRET}).faults
    assert SECRET not in fault.line


def test_an_unknown_name_is_told_once_with_the_nearest(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(TOLD, "")
    given = {
        "STREAMER_QUEUE": "x",
        "STREAMER_QUEUES_FILE": "x",
        "STREAMER_TOKEN": "x",
        "STREAMER_XYZ": "x",
        "OTHER": "x",
    }
    unknown = unknown_names(DECLARED, given)
    assert unknown == {"STREAMER_QUEUE": "STREAMER_QUEUES", "STREAMER_XYZ": unknown["STREAMER_XYZ"]}
    warn_of_unknown(unknown)
    told = capsys.readouterr().err
    assert "STREAMER_QUEUE is set, but is no setting of Streamer. Did you mean STREAMER_QUEUES?" in told
    assert unknown_names(DECLARED, {**given, TOLD: "STREAMER_QUEUE,STREAMER_XYZ"}) == {}

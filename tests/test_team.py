"""The commands of docs/team.md, run as they stand there, with real servers on loopback."""

import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pandas as pd
import psycopg2
import pytest
import requests

from benchmarks.servers import free_port, running
from sonovae import tracking
from tests.making.projects import HERE
from tests.making.repositories import call, commit, make_repository

pytestmark = pytest.mark.processes
BLOCKS = re.findall(r"```(?:sh|ini)\n(.*?)```", (HERE / "docs/team.md").read_text(), re.DOTALL)
SECRETS, LOGIN, START, REMOTE, CLIENT, _ = BLOCKS
STAGES = ("fetch", "preprocess", "train", "prior", "generate")
NAME = "mlflow.example.org"


@dataclass(frozen=True)
class Team:
    """Where the servers are, and the secrets."""

    home: Path
    store: int
    bucket: int
    port: int
    secrets: dict[str, str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def own(self, text: str) -> str:
        """A block of the page, with this team's addresses and secrets."""
        for theirs, ours in {
            "db.example.org": f"127.0.0.1:{self.store}",
            "https://s3.example.org": f"http://127.0.0.1:{self.bucket}",
            "--port 5000": f"--port {self.port}",
            f"--allowed-hosts {NAME}": f"--allowed-hosts {NAME},127.0.0.1:{self.port}",
            f"URI=https://{NAME}": f"URI={self.url}",
        }.items():
            text = text.replace(theirs, ours)
        return re.sub(r"(\w+)=…", lambda found: f"{found[1]}={self.secrets[found[1]]}", text)

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        return sql(self.store, self.secrets["PGPASSWORD"], "mlflow", query)

    def s3(self) -> Any:
        keys = {
            name.lower(): self.secrets[name]
            for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
        }
        return boto3.client(
            "s3", endpoint_url=f"http://127.0.0.1:{self.bucket}", region_name="us-east-1", **keys
        )

    def keys(self, prefix: str) -> set[str]:
        """The names of what lies in the bucket."""
        pages = self.s3().get_paginator("list_objects_v2").paginate(Bucket="sounds", Prefix=prefix)
        return {item["Key"] for page in pages for item in page.get("Contents", [])}

    def login(self, user: str) -> tuple[str, str]:
        return user, self.secrets[
            "MLFLOW_AUTH_ADMIN_PASSWORD" if user == "admin" else "MLFLOW_TRACKING_PASSWORD"
        ]

    def post(self, what: str, user: str, body: dict[str, Any], **headers: str) -> int:
        url = f"{self.url}/api/2.0/mlflow/{what}"
        return requests.post(
            url, auth=self.login(user), headers=headers, json=body, timeout=60
        ).status_code

    def sign_up(self, user: str) -> int:
        """Fill in the page for new accounts, as the admin."""
        with requests.Session() as browser:
            browser.auth = self.login("admin")
            page = browser.get(f"{self.url}/signup", timeout=60).text
            (where,), (token,) = (
                re.findall('action="(.*?)"', page),
                re.findall('csrf_token" value="(.*?)"', page),
            )
            form = {"csrf_token": token, "username": user, "password": self.login(user)[1]}
            return browser.post(f"{self.url}{where}", data=form, timeout=60).status_code


def sql(port: int, password: str, database: str, query: str) -> list[tuple[Any, ...]]:
    connection = psycopg2.connect(
        host="127.0.0.1", port=port, user="mlflow", password=password, dbname=database
    )
    connection.autocommit = True  # a database is not made within a transaction
    try:
        with connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def postgres_programs() -> Path:
    """The folder of `initdb` and `postgres`, which is seldom on the PATH."""
    found = [shutil.which("initdb"), *sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))]
    if not any(found):
        pytest.skip("PostgreSQL is not installed: no initdb")
    return next(Path(where).resolve().parent for where in found if where)


def humble() -> dict[str, Any]:
    """Who starts PostgreSQL: it refuses to run as root."""
    if os.geteuid():
        return {}
    user = pwd.getpwnam("nobody")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Team:
    names = re.findall(r"(\w+)=…", SECRETS + CLIENT)
    return Team(tmp_path_factory.mktemp("team"), free_port(), free_port(), free_port(),
                {name: secrets.token_hex(16) for name in names})  # fmt: skip


@pytest.fixture(scope="module")
def database(team: Team) -> Iterator[None]:
    """PostgreSQL with the two databases, in a folder of its own that its user can reach."""
    programs, user = postgres_programs(), humble()
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        (home / "password").write_text(team.secrets["PGPASSWORD"])
        for path in (home, home / "password") if user else ():
            os.chown(path, user["user"], user["group"])
        words = (
            "-D",
            "data",
            "-U",
            "mlflow",
            "-A",
            "scram-sha-256",
            "--pwfile",
            "password",
            "--no-sync",
            "-E",
            "UTF8",
        )
        subprocess.run(
            [programs / "initdb", *words, "--no-locale"],
            cwd=home,
            check=True,
            capture_output=True,
            **user,
        )
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": team.store,
            "unix_socket_directories": "",
            "fsync": "off",
        }
        options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        with running(str(programs / "postgres"), "-D", "data", *options, port=team.store, cwd=home,
                     stop=signal.SIGINT, **user):  # fmt: skip
            for name in ("mlflow", "mlflow_login"):
                sql(team.store, team.secrets["PGPASSWORD"], "postgres", f"CREATE DATABASE {name}")
            yield


@pytest.fixture(scope="module")
def bucket(team: Team) -> Iterator[None]:
    words = ("-m", "moto.server", "-H", "127.0.0.1", "-p", str(team.bucket))
    with running(sys.executable, *words, port=team.bucket, cwd=team.home):
        team.s3().create_bucket(Bucket="sounds")
        yield


@pytest.fixture(scope="module")
def server(team: Team, database: None, bucket: None) -> Iterator[Team]:
    (team.home / "server.env").write_text(team.own(SECRETS))
    (team.home / "login.ini").write_text(team.own(LOGIN))
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("MLFLOW_", "AWS_"))
    }
    environment["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    with running("sh", "-c", team.own(START), port=team.port, cwd=team.home, env=environment):
        assert requests.get(f"{team.url}/health", timeout=120).status_code == 200
        assert [team.sign_up(user) for user in ("anna", "boris")] == [200, 200]
        yield team


@pytest.fixture(scope="module")
def done(server: Team, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A repository of a member, the sounds generated, the data pushed."""
    with pytest.MonkeyPatch.context() as patch:
        for key, value in re.findall(r"(\w+)=(\S+)", server.own(CLIENT)):
            patch.setenv(key, value)
        for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(key, server.secrets[key])
        root = make_repository(tmp_path_factory.mktemp("member") / "project")
        call(root, "sh", "-ec", server.own(REMOTE))
        call(root, "dvc", "repro", "generate")
        call(root, "dvc", "push", "--run-cache")
        commit(root)
        yield root


def test_nobody_gets_in_without_the_password(server: Team) -> None:
    search = f"{server.url}/api/2.0/mlflow/experiments/search?max_results=1"
    for login in (None, ("anna", "wrong"), ("admin", "password1234"), ("admin", "password")):
        assert requests.get(search, auth=login, timeout=60).status_code == 401
    assert requests.get(search, auth=server.login("anna"), timeout=60).status_code == 200
    assert (
        requests.get(f"{server.url}/signup", auth=server.login("anna"), timeout=60).status_code
        == 403
    )


def test_another_name_or_page_is_refused(server: Team) -> None:
    """As after DNS rebinding, and as from a page elsewhere."""
    search = ("experiments/search", "anna", {"max_results": 1})
    assert server.post(*search, Host=NAME, Origin=f"https://{NAME}") == 200
    for name in ("10.attacker.com", "attacker.com", f"{NAME}.attacker.com"):
        assert server.post(*search, Host=name) == 403
        assert server.post(*search, Origin=f"https://{name}") == 403


def test_the_assistant_serves_nobody_from_afar(server: Team) -> None:
    """It would run programs on the server; the last line shows that the proxy's header decides."""
    url = f"{server.url}/ajax-api/3.0/mlflow/assistant/message"
    far = {"X-Forwarded-For": "192.0.2.1"}
    assert requests.post(url, json={}, timeout=60).status_code == 401
    assert (
        requests.post(url, auth=server.login("anna"), headers=far, json={}, timeout=60).status_code
        == 403
    )
    assert requests.post(url, auth=server.login("anna"), json={}, timeout=60).status_code == 422


def test_members_add_to_each_others_runs_and_delete_none(done: Path, server: Team) -> None:
    ((run,),) = server.sql("SELECT run_uuid FROM tags WHERE key = 'model_id' LIMIT 1")
    assert (
        server.post("runs/set-tag", "boris", {"run_id": run, "key": "heard", "value": "yes"}) == 200
    )
    assert server.post("runs/delete", "boris", {"run_id": run}) == 403
    assert server.post("runs/delete", "anna", {"run_id": run}) == 200
    assert server.post("runs/restore", "anna", {"run_id": run}) == 200


def test_the_runs_are_in_postgresql(done: Path, server: Team) -> None:
    assert ("train.kl_weight",) in server.sql("SELECT key FROM params")
    assert server.sql("SELECT step FROM metrics WHERE key = 'loss' ORDER BY step") == [(1,), (2,)]
    (model,) = set(pd.read_csv(done / "data/samples/index.csv")["model"])
    assert (model,) in server.sql("SELECT value FROM tags WHERE key = 'model_id'")
    assert not (done / "mlruns/mlflow.db").exists()


def test_a_sound_comes_back_through_the_server_and_lies_in_the_bucket(
    done: Path, server: Team, tmp_path: Path
) -> None:
    from mlflow import MlflowClient

    sound = (done / "data/samples/sound_001.wav").read_bytes()
    client = MlflowClient(server.url)
    runs = client.search_runs([client.get_experiment_by_name("sonovae").experiment_id])
    (run,) = [
        run
        for run in runs
        if "generate" in {item.path for item in client.list_artifacts(run.info.run_id)}
    ]
    got = client.download_artifacts(run.info.run_id, "generate/sound_001.wav", str(tmp_path))
    assert Path(got).read_bytes() == sound
    (key,) = [key for key in server.keys("mlflow/") if key.endswith("/generate/sound_001.wav")]
    assert server.s3().get_object(Bucket="sounds", Key=key)["Body"].read() == sound


def test_another_member_trains_nothing_anew(
    done: Path, server: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert server.keys("dvc/")
    call(tmp_path, "git", "clone", "-q", str(done), "clone")
    clone = tmp_path / "clone"
    call(clone, "dvc", "pull", "--run-cache", *STAGES)
    for path in (
        "data/samples/sound_001.wav",
        "data/model/encoder.npz",
        "data/pictures/pictures.npy",
    ):
        assert (clone / path).read_bytes() == (done / path).read_bytes()
    assert "up to date" in call(clone, "dvc", "repro", "generate")
    shutil.rmtree(clone / "data/model")
    (clone / "dvc.lock").unlink()  # as before the commit that holds it
    said = call(clone, "dvc", "repro", "generate")
    assert "Stage 'train' is cached" in said
    assert "Running stage" not in said
    assert (clone / "dvc.lock").read_bytes() == (done / "dvc.lock").read_bytes()
    monkeypatch.delenv("MLFLOW_TRACKING_URI")  # and a dashboard of one's own shows it whole
    call(clone, "env", "PYTHONPATH=src", "python", "-m", "sonovae", "track")
    store = tracking.Store(clone)
    (training,), (below,) = store.runs(stage="train"), store.runs(stage="generate")
    assert training.info.status == below.info.status == "FINISHED"
    assert [
        point.step for point in store.client.get_metric_history(training.info.run_id, "loss")
    ] == [1, 2]
    assert Path(
        store.client.download_artifacts(below.info.run_id, "generate/sound_001.wav")
    ).exists()

"""`signalpost restore`: which keys will do, and what is refused before anything is written."""

from pathlib import Path

import pytest

from redirector.spool import Spool
from tests.cli.backup_scene import MB, Scene, execute, installation, scene
from tests.redirector.test_spool import batch
from tests.redis_clients import open_redis

__all__ = ["installation", "scene"]


def test_under_another_key_it_is_refused_and_nothing_is_written(scene: Scene) -> None:
    scene.back_up_and_move()
    scene.env["SECRET_KEY"] = "another key of thirty characters"
    refused = scene.restore()
    assert refused.status == 1
    assert "the backup was made under another key" in refused.stderr
    assert scene.rows() == {"directory_version": []}


def test_without_any_key_it_is_refused_and_none_is_made(scene: Scene) -> None:
    scene.back_up_and_move()
    key = scene.key()
    key.unlink()
    assert "made under another key" in scene.restore().stderr
    assert not key.exists()


def test_a_key_that_came_with_it_opens_what_is_encrypted(scene: Scene) -> None:
    secret = scene.key().read_text()
    scene.back_up_and_move("--with-secret-key")
    key = scene.key()
    key.unlink()
    assert scene.restore().status == 0
    assert key.read_text() == secret
    assert key.stat().st_mode & 0o777 == 0o600


def test_a_key_behind_a_new_one_on_the_list_will_do(scene: Scene) -> None:
    scene.back_up_and_move()
    old = scene.key().read_text()
    scene.env["SECRET_KEY"] = f"another key of thirty characters,{old}"
    assert scene.restore().status == 0


@pytest.mark.parametrize("what", ["DATABASE_URL", "REDIS_URL", "DATA_DIR"])
def test_a_target_that_holds_something_is_refused(scene: Scene, what: str) -> None:
    scene.back_up_and_move()
    if what == "DATABASE_URL":
        execute(scene.env["DATABASE_URL"], "CREATE TABLE somebodys (number int)")
    elif what == "REDIS_URL":
        with open_redis(scene.env["REDIS_URL"]) as client:
            client.zadd("c:sixbyt", {"a": 1})
    else:
        Spool(Path(scene.env["DATA_DIR"]) / "spool", MB).append(batch(1))
    refused = scene.restore()
    assert refused.status == 1
    assert refused.stderr.startswith(f"{what}: ")
    assert "apps" not in scene.rows()


@pytest.mark.parametrize("section", ["redis/clicks", "ledger", "ledger/links"])
def test_a_damaged_file_is_refused_before_anything_is_written_and_says_where(scene: Scene, section: str) -> None:
    scene.cli("backup", str(scene.file))
    content = bytearray(scene.file.read_bytes())
    words = content.index(f'"name":"{section}"'.encode())
    content[content.index(b"D", words) + 20] ^= 0x10  # in the first of its data
    scene.file.write_bytes(content)
    scene.move()
    refused = scene.restore()
    assert refused.status == 1
    assert f"damaged in the section {section} (" in refused.stderr
    assert "nothing was restored" in refused.stderr
    assert scene.rows() == {"directory_version": []}
    assert scene.keys() == {}


def test_a_backup_of_a_later_version_is_refused(scene: Scene) -> None:
    execute(scene.env["DATABASE_URL"], "UPDATE alembic_version SET version_num = '9999'")
    try:
        scene.cli("backup", str(scene.file))
    finally:
        execute(scene.env["DATABASE_URL"], "DROP TABLE alembic_version")  # so that no other test gets this database
    scene.move()
    refused = scene.restore()
    assert (refused.status, "install that one" in refused.stderr) == (1, True)

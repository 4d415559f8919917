import hashlib
import http.server
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from streamer_site.local import downloads
from streamer_site.local.downloads import DownloadFailed, download

CONTENT = b"trout" * 100_000


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """Run a real HTTP server that has one file."""
    (tmp_path / "served").mkdir()
    (tmp_path / "served/stored").write_bytes(CONTENT)
    handler = partial(QuietHandler, directory=tmp_path / "served")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()
        thread.join()


def artifact(**changes: Any) -> dict[str, Any]:
    announced = {"url": "/stored?signature=x", "filename": "fish.csv", "size_bytes": len(CONTENT)}
    return {**announced, "sha256": hashlib.sha256(CONTENT).hexdigest(), **changes}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "files").mkdir()
    return tmp_path / "files"


def test_it_works(server: str, folder: Path) -> None:
    file = download(server, artifact(), folder)
    assert file.path == folder / "fish.csv"
    assert file.path.read_bytes() == CONTENT


def test_a_url_with_a_host_of_its_own(server: str, folder: Path) -> None:
    file = download("http://nowhere.invalid", artifact(url=f"{server}/stored?signature=x"), folder)
    assert file.size_bytes == len(CONTENT)


def test_files_of_the_same_name_are_numbered(server: str, folder: Path) -> None:
    names = [download(server, artifact(), folder).path.name for _ in range(3)]
    assert names == ["fish.csv", "fish-2.csv", "fish-3.csv"]


def test_a_name_cannot_lead_out_of_the_folder(server: str, folder: Path) -> None:
    assert download(server, artifact(filename="../../fish.csv"), folder).path == folder / "fish.csv"


@pytest.mark.parametrize("changes", [{"sha256": "0" * 64}, {"size_bytes": 1}], ids=str)
def test_another_file_than_announced_is_refused(server: str, folder: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(DownloadFailed, match="fish.csv is not what was announced"):
        download(server, artifact(**changes), folder)


def test_a_missing_file_says_so(server: str, folder: Path) -> None:
    with pytest.raises(DownloadFailed, match="fish.csv: the server says 404"):
        download(server, artifact(url="/nothing"), folder)


def test_a_server_that_stays_away_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "COME_BACK_SECONDS", 0.0)
    with pytest.raises(DownloadFailed, match="refused"):
        download("http://127.0.0.1:1", artifact(), folder)


def test_a_connection_that_is_lost_in_the_middle_is_made_anew(
    server: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, cut = QuietHandler.copyfile, list[int]()

    def cut_once(self: Any, source: Any, target: Any) -> None:
        if not cut:
            cut.append(1)
            target.write(source.read(1000))
            self.close_connection = True
        else:
            whole(self, source, target)

    monkeypatch.setattr(QuietHandler, "copyfile", cut_once)
    assert download(server, artifact(), folder).path.read_bytes() == CONTENT
    assert cut == [1]

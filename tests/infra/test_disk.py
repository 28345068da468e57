"""A data disk is formatted only where it certainly holds nothing, and grows with its device.

The real mkfs.ext4, blkid and resize2fs on a file; only mounting, which wants root, is left out.
"""

import os
import shutil
import subprocess

import pytest
from infra_support import INFRA, missing

MIB = 1 << 20
PATH = f"{os.environ['PATH']}:/usr/sbin:/sbin"


@pytest.fixture
def attach(tmp_path):
    """Runs mount_disk of scripts/lib.sh on a file; returns what it printed and its status."""
    for tool in ("mkfs.ext4", "blkid", "resize2fs"):
        if shutil.which(tool, path=PATH) is None:
            missing(tool)
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "mount").write_text(f'#!/bin/sh\necho "mount $*" >>"{tmp_path}/mounted"\n')
    (programs / "mountpoint").write_text("#!/bin/sh\nexit 1\n")
    for program in programs.iterdir():
        program.chmod(0o755)

    def run(disk):
        script = f'source "{INFRA}/scripts/lib.sh"; mount_disk "{disk}" "{tmp_path}/data"'
        return subprocess.run(
            ["bash", "-c", script], capture_output=True, text=True,
            env={**os.environ, "PATH": f"{programs}:{PATH}"},
        )  # fmt: skip

    return run


@pytest.fixture
def disk(tmp_path):
    path = tmp_path / "disk"
    with path.open("wb") as file:
        file.truncate(16 * MIB)
    return path


def file_system(disk) -> dict[str, str]:
    done = subprocess.run(
        ["blkid", "-p", "-o", "export", disk], capture_output=True, text=True, env={"PATH": PATH}
    )
    return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)


def test_a_new_disk_is_formatted_and_mounted(attach, disk, tmp_path):
    done = attach(disk)
    assert done.returncode == 0, done.stderr
    assert file_system(disk)["TYPE"] == "ext4"
    assert str(disk) in (tmp_path / "mounted").read_text()


def test_a_disk_that_was_used_before_keeps_its_file_system(attach, disk):
    attach(disk)
    before = file_system(disk)["UUID"]
    done = attach(disk)
    assert done.returncode == 0, done.stderr
    assert file_system(disk)["UUID"] == before
    assert "formatting" not in done.stdout


def test_an_enlarged_disk_gets_a_larger_file_system(attach, disk):
    attach(disk)
    os.truncate(disk, 64 * MIB)
    done = attach(disk)
    assert done.returncode == 0, done.stderr
    found = file_system(disk)
    assert int(found["FSSIZE"]) > 32 * MIB if "FSSIZE" in found else "now" in done.stdout


def test_unknown_data_is_left_alone(attach, disk, tmp_path):
    with disk.open("r+b") as file:
        file.seek(5000)
        file.write(b"somebody's data")
    before = disk.read_bytes()
    done = attach(disk)
    assert done.returncode == 1
    assert "holds data but no file system that is known: it is left alone" in done.stderr
    assert disk.read_bytes() == before
    assert not (tmp_path / "mounted").exists()


def test_a_disk_that_is_not_attached_is_named(attach, tmp_path):
    done = attach(tmp_path / "nowhere")
    assert done.returncode == 1
    assert "nowhere is not attached" in done.stderr

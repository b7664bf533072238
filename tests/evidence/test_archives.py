"""Archives: every member once, whatever its name; too much, too deep, damaged or encrypted is said and the rest is read."""

import gzip
import io
import os
import random
import struct
import tarfile
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from counterseal.evidence.archives import Limits, Unpacking, packed_as
from counterseal.evidence.files import open_stream

A, B = b'{"a": 1}\n', b'{"b": 2}\n'


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of these members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return out.getvalue()


def tarred(members: dict[str, bytes], form: int = tarfile.PAX_FORMAT, *extra: tarfile.TarInfo) -> bytes:
    """A tar of these members, and of headers without data after them."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for info in extra:
            archive.addfile(info)
    return out.getvalue()


def unpacked(
    tmp_path: Path, content: bytes, limits: Limits | None = None
) -> tuple[dict[str, bytes | str], list[tuple[str, str]]]:
    """Bytes or the trouble of every member by its shown name, and what was noticed; nothing may be left over."""
    path = tmp_path / "x"
    path.write_bytes(content)
    unpacking = Unpacking(tmp_path / "scratch", limits or Limits())
    found: dict[str, bytes | str] = {}
    for member in unpacking.members(path, "x"):
        assert member.shown not in found
        if member.error:
            found[member.shown] = member.error
        else:
            assert member.path
            found[member.shown] = member.warning[1] if member.warning else member.path.read_bytes()
    assert list((tmp_path / "scratch").iterdir()) == []
    return found, unpacking.notices


FORMS = {
    "zip": zipped({"a.json": A, "d/b.json": B}),
    "stored zip": zipped({"a.json": A, "d/b.json": B}, zipfile.ZIP_STORED),
    "tar": tarred({"a.json": A, "d/b.json": B}),
    "gnu tar": tarred({"a.json": A, "d/b.json": B}, tarfile.GNU_FORMAT),
    "old tar": tarred({"a.json": A, "d/b.json": B}, tarfile.USTAR_FORMAT),
    "gzip tar": gzip.compress(tarred({"a.json": A, "d/b.json": B})),
    "gzip gzip tar": gzip.compress(gzip.compress(tarred({"a.json": A, "d/b.json": B}))),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form(tmp_path, form):
    """Members of any archive come with their names and bytes, and the archive says how it is packed."""
    assert unpacked(tmp_path, FORMS[form]) == ({"x!a.json": A, "x!d/b.json": B}, [])
    assert packed_as(tmp_path / "x") == form.removeprefix("stored ").removeprefix("gnu ").removeprefix("old ")


def test_gzip_of_a_zip(tmp_path):
    """A zip needs its end first: it is inflated to the scratch folder, then opened."""
    assert unpacked(tmp_path, gzip.compress(FORMS["zip"]))[0] == {"x!a.json": A, "x!d/b.json": B}


def test_archives_in_archives(tmp_path):
    """An archive in an archive is opened; a gzipped log in one stays a gzipped log."""
    inner = {"logs.tar.gz": FORMS["gzip tar"], "more.zip": FORMS["zip"], "c.json.gz": gzip.compress(A)}
    found, _ = unpacked(tmp_path, zipped(inner))
    assert found == {
        "x!logs.tar.gz!a.json": A, "x!logs.tar.gz!d/b.json": B, "x!more.zip!a.json": A, "x!more.zip!d/b.json": B,
        "x!c.json.gz": inner["c.json.gz"],
    }  # fmt: skip


def test_no_archives(tmp_path):
    """Logs, gzipped or not, and what only begins like an archive, are none."""
    for content in (
        b"",
        A,
        gzip.compress(A),
        b"PK",
        b"\x1f\x8b",
        gzip.compress(b"")[:5],
        bytes(600),
        os.urandom(600),
    ):
        (tmp_path / "x").write_bytes(content)
        assert packed_as(tmp_path / "x") is None


ODD = [
    "../../etc/cron.d/x",
    "/etc/passwd",
    "C:\\Windows\\a",
    "CON",
    "nul.json",
    "a\x1b[2Jb",
    "\u202egnp.json",
    "a\nb",
    "~",
    "-rf",
    "a" * 5_000,
]


@pytest.mark.parametrize("pack", [zipped, tarred], ids=["zip", "tar"])
def test_odd_names_are_inert(tmp_path, pack):
    """No name is ever a path: nothing is written but in the scratch folder, and what is shown prints as text."""
    folder = tmp_path / "inside"
    folder.mkdir()
    found, _ = unpacked(folder, pack(dict.fromkeys(ODD, A)))
    assert list(found.values()) == [A] * len(ODD)
    assert all(name.isprintable() and len(name) <= 302 for name in found)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["inside", "scratch", "x"]


def test_names_that_are_no_text(tmp_path):
    """A name of undecodable bytes, or one with a NUL in it, is shown; its member is read."""
    raw = tarred({"bad-name": A}, tarfile.USTAR_FORMAT)
    info = tarfile.TarInfo("\udcff\udcfe.json")
    info.size = len(A)
    header = info.tobuf(tarfile.USTAR_FORMAT, "utf-8", "surrogateescape")
    assert unpacked(tmp_path, header + raw[512:])[0] == {"x!\\udcff\\udcfe.json": A}
    nul = zipped({"aXb.json": A}).replace(b"aXb.json", b"a\0b.json")
    assert list(unpacked(tmp_path, nul)[0].values()) == [A]


def linked(name: str, kind: bytes, size: int = 0) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, "/etc/passwd", size
    return info


def test_links_and_devices_are_inert(tmp_path):
    """What is no file in an archive is named and passed over; the members after it are read."""
    kinds = {
        "soft": tarfile.SYMTYPE,
        "hard": tarfile.LNKTYPE,
        "tty": tarfile.CHRTYPE,
        "sda": tarfile.BLKTYPE,
        "pipe": tarfile.FIFOTYPE,
    }
    content = tarred({}, tarfile.GNU_FORMAT, *(linked(name, kind) for name, kind in kinds.items()))[
        : 512 * 5
    ] + tarred({"a.json": A})
    found, notices = unpacked(tmp_path, content)
    assert found == {"x!a.json": A}
    assert notices == [
        ("skipped", "a symbolic link, which is not followed: soft"),
        ("skipped", "a hard link, which is not followed: hard"),
        ("skipped", "a device, which is not followed: tty, sda"),
        ("skipped", "a pipe, which is not followed: pipe"),
    ]
    link = zipfile.ZipInfo("soft")
    link.external_attr = 0o120777 << 16
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(link, "/etc/passwd")
        archive.writestr("a.json", A)
    assert unpacked(tmp_path, out.getvalue()) == (
        {"x!a.json": A},
        [("skipped", "a symbolic link, which is not followed: soft")],
    )


def test_encrypted_and_unknown_methods(tmp_path):
    """A member that cannot be read says what to do; its neighbours are read."""
    raw = bytearray(zipped({"secret.json": A, "b.json": B}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.index(signature) + offset] |= 1
    assert unpacked(tmp_path, bytes(raw))[0] == {
        "x!secret.json": "encrypted: unpack it with its password, and give what comes out", "x!b.json": B,
    }  # fmt: skip
    assert unpacked(tmp_path, zipped({"a.json": A}, zipfile.ZIP_BZIP2))[0] == {
        "x!a.json": "packed by method 12: unpack it, and give what comes out"
    }


def test_too_deep(tmp_path):
    """Archives in one another are opened down to a depth; the sibling of the one too many is read."""
    content = FORMS["zip"]
    for _ in range(5):
        content = zipped({"n": content, "side.json": A})
    found, _ = unpacked(tmp_path, content)
    assert found["x!n!n!n!n"] == "not opened: more than 4 archives in one another"
    assert [name for name in found if name.endswith("side.json")] == [
        "x!n!n!n!side.json", "x!n!n!side.json", "x!n!side.json", "x!side.json",
    ]  # fmt: skip


@pytest.mark.parametrize("pack", [zipped, tarred], ids=["zip", "tar"])
def test_too_many(tmp_path, pack):
    """Beyond the limit of members the rest is not read, and that is said of the archive."""
    found, _ = unpacked(tmp_path, pack({f"{n}.json": A for n in range(5)}), Limits(members=3))
    assert found == {**{f"x!{n}.json": A for n in range(3)}, "x": "the rest is not read: more than 3 members"}


def test_too_much(tmp_path):
    """A bomb is stopped where its members outgrow the archive, one too long is cut; what came before is read."""
    bomb = zipped({"a.json": A, "bomb": bytes(3 << 20), "b.json": B})
    found, _ = unpacked(tmp_path, bomb, Limits(least_bytes=1 << 20, ratio=100))
    assert list(found) == ["x!a.json", "x!bomb", "x"]
    assert found["x!bomb"] == f"stopped at {1 << 20} bytes: its members are more than 100 times its size"
    assert found["x"] == "the rest is not read: its members are more than 100 times its size"
    found, _ = unpacked(tmp_path, bomb, Limits(member_bytes=1 << 20))
    assert list(found) == ["x!a.json", "x!bomb", "x!b.json"]
    assert found["x!bomb"] == f"stopped at {2 << 20} bytes: members may be {1 << 20} bytes long"


def test_a_bomb_of_archives(tmp_path):
    """Nested bombs share one limit, that of the archive given."""
    content = zipped({str(n): bytes(1 << 20) for n in range(4)})
    for _ in range(2):
        content = zipped({str(n): content for n in range(8)})
    found, _ = unpacked(tmp_path, content, Limits(least_bytes=8 << 20, ratio=10))
    assert found["x"] == "the rest is not read: its members are more than 10 times its size"
    assert len(found) < 16


@pytest.mark.parametrize("form", ["zip", "tar", "gzip tar"])
def test_damage_is_told_and_raises_nothing(tmp_path, form):
    """Cut at every place and with bytes changed at random, an archive gives what it can; nothing else is raised."""
    content = FORMS[form]
    chance = random.Random(1)
    for cut in range(0, len(content), 1 if form == "zip" else 97):
        unpacked(tmp_path, content[:cut]) if cut > 600 or form == "zip" else None
    for _ in range(300):
        changed = bytearray(content)
        for _ in range(chance.randint(1, 6)):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        (tmp_path / "x").write_bytes(changed)
        if packed_as(tmp_path / "x"):
            unpacked(tmp_path, bytes(changed))


def test_damage_keeps_what_came_before(tmp_path):
    """The members before the damage are read, and the damage is told."""
    content = tarred({"a.json": A, "b.json": B * 2_000})
    found, _ = unpacked(tmp_path, content[:3_000])
    assert found["x!a.json"] == A
    assert str(found["x!b.json"]).startswith("only its first ")
    cut = gzip.compress(tarred({"a.json": A, "b.json": os.urandom(100_000)}))[:50_000]
    found, _ = unpacked(tmp_path, cut)
    assert found["x!a.json"] == A
    crc = bytearray(zipped({"a.json": A, "b.json": B}, zipfile.ZIP_STORED))
    crc[crc.index(A)] ^= 1
    found, _ = unpacked(tmp_path, bytes(crc))
    assert (str(found["x!a.json"])[:24], found["x!b.json"]) == ("only its first 0 bytes a", B)


def test_lists_and_names_longer_than_memory(tmp_path):
    """An archive that says its list, or a name, is gigabytes long gets no gigabytes of memory."""
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, 1 << 30, 0, 0)
    path = tmp_path / "sparse.zip"
    with path.open("wb") as out:
        out.write(b"PK\x03\x04")
        out.truncate(1 << 30)
        out.seek(0, io.SEEK_END)
        out.write(end)
    tracemalloc.start()
    (member,) = Unpacking(tmp_path / "scratch").members(path, "x")
    assert member.error == f"cannot be read from here on: its list of members is longer than {8 << 20} bytes"
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 1 << 30
    found, _ = unpacked(tmp_path, info.tobuf(tarfile.GNU_FORMAT))
    assert found == {"x": "cannot be read from here on: a name in the tar archive is longer than any"}
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 32 << 20
    path.unlink()


def test_gzip_in_gzip(tmp_path):
    """Gzip streams in one another are undone together, four deep; a fifth stays what it is."""
    content = A
    for layers in range(1, 6):
        content = gzip.compress(content)
        opened = open_stream(io.BytesIO(content), len(content))
        assert opened.packing == ("gzip",) * min(layers, 4)
        assert (opened.head == A) == (layers <= 4)

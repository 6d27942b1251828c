"""Encodings: found, named, and never patched over."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from coldframe.leads.importing import encodings, tables
from tests import material

LINES = "Name,City,Email\nŁukasz Żółć,Łódź,lukasz@brightpath.example\nJürgen,Köln,juergen@nordlicht.example\n"
WESTERN = (
    "Name,City,Email\nJosé Muñoz,Málaga,jose@portocloud.example\nJürgen Größer,Köln,j@nordlicht.example\n"
)
CENTRAL = (
    "Name,City,Email\nŁukasz Żółć,Łódź,lukasz@brightpath.example\nPetr Dvořák,Plzeň,petr@halden.example\n"
)
CYRILLIC = (
    "Имя,Город,Email\nИван Петров,Москва,ivan@halden.example\nАнна Ковалёва,Казань,anna@halden.example\n"
)
JAPANESE = "名前,会社,Email\nさとう けんじ,株式会社サクラ,kenji@halden.example\n"


def write(folder: Path, content: bytes) -> Path:
    path = folder / "leads.csv"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("mark", "codec"),
    [(codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")],
)
def test_a_byte_order_mark_decides_and_is_no_part_of_the_header(
    tmp_path: Path, mark: bytes, codec: str
) -> None:
    opened = tables.open_table(write(tmp_path, mark + LINES.encode(codec)))

    assert (opened.header[0], opened.encoding) == ("Name", codec)
    assert next(opened.rows()).cells == ["Łukasz Żółć", "Łódź", "lukasz@brightpath.example"]


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf_16_is_known_without_a_mark(tmp_path: Path, codec: str) -> None:
    opened = tables.open_table(write(tmp_path, LINES.encode(codec)))

    assert opened.encoding == codec
    assert next(opened.rows()).cells[0] == "Łukasz Żółć"


@pytest.mark.parametrize(
    ("text", "codec"),
    [(LINES, "utf-8"), (WESTERN, "cp1252"), (CENTRAL, "cp1250"), (CYRILLIC, "cp1251"), (JAPANESE, "cp932")],
)
def test_the_letters_tell_the_encoding(tmp_path: Path, text: str, codec: str) -> None:
    opened = tables.open_table(write(tmp_path, text.encode(codec)))

    first = text.splitlines()[1].split(",")
    assert (opened.encoding, next(opened.rows()).cells) == (codec, first)


def test_the_whole_file_is_judged_not_its_beginning(tmp_path: Path) -> None:
    plain = "".join(f"Anna,Warsaw,anna{n}@brightpath.example\n" for n in range(60_000))
    opened = tables.open_table(
        write(tmp_path, f"Name,City,Email\n{plain}José,Málaga,j@halden.example\n".encode("cp1252"))
    )

    assert opened.encoding == "cp1252"
    assert (
        opened.notes[0]
        == "Encoding: Windows-1252 (Western European), judged by its letters, for it is not UTF-8."
    )


def test_a_byte_that_is_no_character_refuses_its_row_by_place(tmp_path: Path) -> None:
    content = LINES.encode().replace("Köln".encode(), b"K\xf6ln")

    opened = tables.open_table(write(tmp_path, content))

    assert [(row.line, row.refusal) for row in opened.rows()] == [
        (2, None),
        (3, "byte 0xF6 at character 9 is not UTF-8"),
    ]
    assert opened.notes[0] == "Encoding: UTF-8, with bytes that are not; their rows are refused."


def test_no_replacement_character_is_made(tmp_path: Path) -> None:
    opened = tables.open_table(write(tmp_path, WESTERN.encode("cp1252") + b"\x81,x,y\n"), encoding="cp1252")

    read = list(opened.rows())

    assert read[-1].refusal == "byte 0x81 at character 1 is not Windows-1252 (Western European)"
    assert "\ufffd" not in str(read)


def test_an_encoding_may_be_named(tmp_path: Path) -> None:
    opened = tables.open_table(write(tmp_path, CENTRAL.encode("iso-8859-2")), encoding="latin2")

    assert next(opened.rows()).cells[0] == "Łukasz Żółć"


def test_an_unknown_encoding_is_refused(tmp_path: Path) -> None:
    with pytest.raises(encodings.UnknownEncoding, match="There is no such encoding"):
        tables.open_table(write(tmp_path, LINES.encode()), encoding="klingon")


@pytest.mark.material
def test_real_files_are_read_in_their_encoding() -> None:
    known = {
        "SHIFT_JIS": {"cp932"}, "UTF-16": {"utf-16-le", "utf-16-be"}, "UTF-16LE": {"utf-16-le"}, "ascii": {"utf-8"},
        "iso-8859-1": {"cp1252"}, "utf-8": {"utf-8"}, "utf-8-sig": {"utf-8"}, "windows-1251-russian": {"cp1251"},
        "windows-1252": {"cp1252"},
    }  # fmt: skip
    paths = sorted((material.folder("encodings_chardet") / "tests").glob("*/*"))

    wrong = [path.name for path in paths if encodings.detect(path).codec not in known[path.parent.name]]

    # One page whose only such byte is a soft hyphen is beyond telling.
    assert (len(paths), wrong) == (87, ["_mozilla_bug421271_text.html"])

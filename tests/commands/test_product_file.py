"""Files of products are read as their writers meant them, and mistakes are told by their line."""

from __future__ import annotations

import codecs
import json
import unicodedata
from pathlib import Path

import pytest

from service.commands.importing.entries import entry_of
from service.commands.importing.product_file import FileProduct, read_products, without_earlier
from service.core.errors import ServiceError


def written(directory: Path, content: str | bytes) -> Path:
    path = directory / "products"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def product(**fields: object) -> dict[str, object]:
    return {"product_id": "p", "name": "P", "image": "p.png", **fields}


@pytest.mark.parametrize(
    "content",
    [
        codecs.BOM_UTF8 + json.dumps([product()]).encode(),
        codecs.BOM_UTF8 + json.dumps(product()).encode(),
        json.dumps([product()]).encode("utf-16"),
        b" \r\n" + json.dumps(product()).encode() + b"\r\n\r\n",
    ],
)
def test_a_byte_order_mark_and_line_ends_are_no_part_of_a_product(
    tmp_path: Path, content: bytes
) -> None:
    (found,) = read_products(written(tmp_path, content))

    assert found.fields == product()


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\u0085", "\x1f"])
def test_a_line_separator_in_a_string_ends_no_line(tmp_path: Path, separator: str) -> None:
    first = '{"name": "Soft%sWarm"}' % (separator if separator > "\x1f" else "\\u001f")

    one, two = read_products(written(tmp_path, first + '\n{"name": "Second"}\n'))

    assert (one.fields["name"], one.line) == (f"Soft{separator}Warm", 1)
    assert (two.fields["name"], two.line) == ("Second", 2)


def test_products_of_an_array_have_the_lines_on_which_they_begin(tmp_path: Path) -> None:
    content = '[\n  {"name": "A",\n   "image": "a"},\n\n  {"name": "B"}, {"name": "C"}\n]\n'

    found = read_products(written(tmp_path, content))

    assert [one.line for one in found] == [2, 5, 5]


def test_a_broken_line_fails_alone_by_its_number(tmp_path: Path) -> None:
    content = '{"name": "A"}\n\n{"name": "B", \n{"name": "C"}\n7\n' + "[" * 100_000

    found = read_products(written(tmp_path, content))

    assert [(one.line, bool(one.mistake)) for one in found] == [
        (1, False),
        (3, True),
        (4, False),
        (5, True),
        (6, True),
    ]
    assert "not JSON from column 14 on" in found[1].mistake


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('[\n{"name": "A"}\n{"name": "B"}]', "line 3, column 1: this is not JSON"),
        ('[{"name": "A"},\n{"name": }]', "line 2, column 10: this is not JSON"),
        ('[{"name": "A"},', "line 1, column 16: the array has no end"),
        ('[{"name": "A"}', "line 1, column 15: the array has no end"),
        ('[{"name": "A"}]\nmore', "line 2, column 1: this is not JSON"),
        (b'{"name": "A"}\n{"name": "Gr\xfcn"}', "not UTF-8 on line 2"),
    ],
)
def test_a_file_that_cannot_be_read_says_where(
    tmp_path: Path, content: str | bytes, says: str
) -> None:
    with pytest.raises(ServiceError, match=says):
        read_products(written(tmp_path, content))


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match="cannot be read: No such file"):
        read_products(tmp_path / "none.json")


@pytest.mark.parametrize("content", ["", "[]", " [ ] \n"])
def test_an_empty_file_has_no_products(tmp_path: Path, content: str) -> None:
    assert read_products(written(tmp_path, content)) == []


def test_a_file_with_other_names_says_how_to_map_them(tmp_path: Path) -> None:
    path = written(tmp_path, '[{"id": 7, "title": "Tee", "image": "p.png"}]')

    with pytest.raises(ServiceError, match="--map product_id=id --map name=title"):
        read_products(path)

    (found,) = read_products(path, {"product_id": "id", "name": "title"})
    assert found.product_id == "7"
    (tmp_path / "p.png").write_bytes(b"picture")
    assert entry_of(0, found, tmp_path).manifest == {
        "product_id": "7",
        "name": "Tee",
        "attributes": {},
        "images": ["0-0"],
    }


def test_the_last_product_of_an_id_counts_and_the_others_are_told() -> None:
    products = [
        FileProduct(n, {"product_id": product_id})
        for n, product_id in enumerate(["a", "b", "a", None, None, "a"], start=1)
    ]

    kept, told = without_earlier(products)

    assert [one.line for one in kept] == [2, 4, 5, 6]
    assert len(told) == 2
    assert told[0].startswith("line 1, a: left out, because a later product, on line 6,")


def test_lists_of_strings_become_attributes_and_what_cannot_is_told(tmp_path: Path) -> None:
    made = entry_of(
        0,
        FileProduct(
            1,
            product(tags=["sale", "new"], colour="red", sizes=[38, 39], meta={"a": 1}, stock=None),
        ),
        _with_picture(tmp_path),
    )

    assert made.manifest["attributes"] == {"tags": ["sale", "new"], "colour": "red"}
    assert made.left_out.startswith('left out "sizes", "meta":')


def _with_picture(directory: Path) -> Path:
    (directory / "p.png").write_bytes(b"picture")
    return directory


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e999", "9" * 5000])
@pytest.mark.parametrize("place", ['"rating": %s', '"attributes": {"rating": %s}', '"name": %s'])
def test_a_number_that_cannot_be_stored_fails_its_product_alone(
    tmp_path: Path, number: str, place: str
) -> None:
    content = f'{{"name": "A", "image": "p.png", {place % number}}}\n{{"name": "B"}}\n'

    bad, good = read_products(written(tmp_path, content))

    with pytest.raises(ServiceError, match=f"is {number[:32]}, which the service cannot store"):
        entry_of(0, bad, _with_picture(tmp_path))
    assert good.fields["name"] == "B"


@pytest.mark.parametrize(
    ("pictures", "says"),
    [
        ({"image": ""}, "no picture"),
        ({"image": None, "images": []}, "no picture"),
        ({"images": [{"src": "p.png"}]}, "no path"),
        ({"image": 7}, "no path"),
        ({"image": "https://shop.example/p.png"}, "is an address"),
        ({"image": "other.png"}, "no picture other.png"),
        ({"image": "."}, "cannot be read"),
        ({"image": "p\0.png"}, "there is no picture"),
        ({"image": "p" * 5000}, "cannot be the path"),
        ({"name": ""}, "no name"),
        ({"attributes": [1]}, "no JSON object"),
    ],
)
def test_what_cannot_be_sent_is_told_in_a_sentence(
    tmp_path: Path, pictures: dict[str, object], says: str
) -> None:
    given = FileProduct(1, {**product(), **pictures})

    with pytest.raises(ServiceError, match=says) as caught:
        entry_of(0, given, _with_picture(tmp_path))

    assert "Errno" not in caught.value.detail
    assert "Error" not in caught.value.detail


@pytest.mark.parametrize(("on_disk", "in_file"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_a_picture_is_found_however_its_name_is_composed(
    tmp_path: Path, on_disk: str, in_file: str
) -> None:
    (tmp_path / unicodedata.normalize(on_disk, "Stühl.png")).write_bytes(b"chair")
    given = FileProduct(1, product(image=unicodedata.normalize(in_file, "Stühl.png")))

    assert entry_of(0, given, tmp_path).files == [("files", ("0-0", b"chair"))]

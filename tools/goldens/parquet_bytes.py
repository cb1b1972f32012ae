"""Puts parquet files together byte by byte, in forms that pyarrow reads and does not write.

One row group, one uncompressed page of version 1 a column, PLAIN, levels as runs. The numbers of fields and types are those of
https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
"""

import struct

BOOLEAN, INT32, INT64, INT96, FLOAT, DOUBLE, BYTE_ARRAY, FIXED = range(8)
REQUIRED, OPTIONAL, REPEATED = range(3)
UTF8, MAP, MAP_KEY_VALUE, LIST, ENUM, DECIMAL, DATE, TIME_MILLIS, TIME_MICROS, TIMESTAMP_MILLIS, TIMESTAMP_MICROS = range(11)
UINT_8, UINT_16, UINT_32, UINT_64, INT_8, INT_16, INT_32, INT_64, JSON, BSON, INTERVAL = range(11, 22)


class Wide(int):
    """An integer of 64 bits; all others are of 32."""


def varint(value):
    out = b""
    while True:
        out += bytes([value & 0x7F | (0x80 if value > 0x7F else 0)])
        value >>= 7
        if not value:
            return out


def zigzag(value):
    return varint(value << 1 if value >= 0 else (-value << 1) - 1)


def compact(value):
    """Type and bytes of a value: int, Wide, bytes, str, list, or dict for a structure (number of the field -> value)."""
    if isinstance(value, int):
        return 6 if isinstance(value, Wide) else 5, zigzag(value)
    if isinstance(value, str):
        value = value.encode()
    if isinstance(value, bytes):
        return 8, varint(len(value)) + value
    if isinstance(value, list):
        items = [compact(item) for item in value]
        kind = items[0][0] if items else 12
        head = bytes([len(items) << 4 | kind]) if len(items) < 15 else bytes([0xF0 | kind]) + varint(len(items))
        return 9, head + b"".join(item for _, item in items)
    out, last = b"", 0
    for number, item in sorted(value.items()):
        if item is not None:
            kind, content = compact(item)
            out += bytes([(number - last) << 4 | kind]) + content
            last = number
    return 12, out + b"\0"


def structure(value):
    return compact(value)[1]


def runs(levels, maximum):
    """Levels as runs of one, behind their length; nothing where the level is always 0."""
    if maximum == 0:
        return b""
    body = b"".join(varint(1 << 1) + bytes([level]) for level in levels)
    return struct.pack("<I", len(body)) + body


def element(name, kind=None, repetition=None, children=None, converted=None, length=None, scale=None, precision=None):
    """A column of the schema, or a group of them."""
    return {1: kind, 2: length, 3: repetition, 4: name, 5: children, 6: converted, 7: scale, 8: precision}


def plain(kind, values):
    if kind == BYTE_ARRAY:
        return b"".join(struct.pack("<I", len(value)) + value for value in values)
    if kind in (FIXED, INT96):
        return b"".join(values)
    return b"".join(struct.pack({INT32: "<i", INT64: "<q", FLOAT: "<f", DOUBLE: "<d"}[kind], value) for value in values)


def page(kind, content, **changes):
    """A page of version 1 and how many entries it has; `changes` replace fields of its header: size, stored, count, encoding."""
    repetition, top_repetition, definition, top_definition, values = (
        content if isinstance(content, tuple) else ([], 0, [], 0, content))
    count = len(definition) if top_definition else len(values)
    body = runs(repetition, top_repetition) + runs(definition, top_definition) + plain(kind, values)
    return page_of(body, count, **changes), count


def page_of(body, count, size=None, stored=None, encoding=0, checksum=None):
    header = {1: 0, 2: len(body) if size is None else size, 3: len(body) if stored is None else stored, 4: checksum,
              5: {1: count, 2: encoding, 3: 3, 4: 3}}
    return structure(header) + body


def assemble(row_count, elements, columns):
    """A file of one row group. columns: for each leaf, its type, path, pages, entries, and changes to its metadata."""
    roots, inner = 0, 0
    for item in elements:
        roots += inner == 0
        inner = max(0, inner - 1) + (item[5] or 0)
    out, chunks = b"PAR1", []
    for kind, path, pages, count, changes in columns:
        offset, size = Wide(len(out)), Wide(len(pages))
        out += pages
        metadata = {1: kind, 2: [0, 3], 3: path, 4: 0, 5: Wide(count), 6: size, 7: size, 9: offset}
        chunks.append({2: offset, 3: metadata | changes})
    footer = structure({
        1: 1, 2: [element("schema", children=roots)] + elements, 3: Wide(row_count),
        4: [{1: chunks, 2: Wide(len(out) - 4), 3: Wide(row_count)}]})
    return out + footer + struct.pack("<I", len(footer)) + b"PAR1"


def file(row_count, elements, columns):
    """A whole file.

    elements: the schema without its root. columns: for each leaf, its type, its path, and either the values, or a tuple of
    the repetition levels, their maximum, the definition levels, their maximum, and the values that are there.
    """
    return assemble(row_count, elements, [(kind, path, *page(kind, content), {}) for kind, path, content in columns])


def old_files():
    """Name and bytes: forms of older writers."""
    # A field that repeats, without a list around it: [1, 2], [], [3].
    yield "repeated", file(3, [element("numbers", INT32, REPEATED)], [
        (INT32, ["numbers"], ([0, 1, 0, 0], 1, [1, 1, 0, 1], 1, [1, 2, 3]))])
    # A group that repeats.
    yield "repeated-group", file(3, [
        element("people", repetition=REPEATED, children=2), element("name", BYTE_ARRAY, REQUIRED, converted=UTF8),
        element("age", INT32, OPTIONAL),
    ], [(BYTE_ARRAY, ["people", "name"], ([0, 1, 0, 0], 1, [1, 1, 0, 1], 1, [b"a", b"b", b"c"])),
        (INT32, ["people", "age"], ([0, 1, 0, 0], 1, [2, 1, 0, 2], 2, [30, 40]))])
    # Lists of two levels: the field that repeats is the element. [1, 2], null, [], [3].
    levels = ([0, 1, 0, 0, 0], 1, [2, 2, 0, 1, 2], 2)
    yield "two-levels", file(4, [
        element("values", repetition=OPTIONAL, children=1, converted=LIST), element("element", INT32, REPEATED)],
        [(INT32, ["values", "element"], levels + ([1, 2, 3],))])
    yield "two-levels-struct", file(4, [
        element("values", repetition=OPTIONAL, children=1, converted=LIST),
        element("element", repetition=REPEATED, children=2), element("text", BYTE_ARRAY, REQUIRED, converted=UTF8),
        element("number", INT64, REQUIRED),
    ], [(BYTE_ARRAY, ["values", "element", "text"], levels + ([b"x", b"y", b"z"],)),
        (INT64, ["values", "element", "number"], levels + ([7, 8, 9],))])
    # One field in a group called "array", or after its list: a structure with one member.
    for name in ("array", "values_tuple"):
        yield f"two-levels-{name.replace('_', '-')}", file(4, [
            element("values", repetition=OPTIONAL, children=1, converted=LIST),
            element(name, repetition=REPEATED, children=1), element("text", BYTE_ARRAY, REQUIRED, converted=UTF8),
        ], [(BYTE_ARRAY, ["values", name, "text"], levels + ([b"x", b"y", b"z"],))])
    # Under any other name the group is no more than the middle of three levels.
    yield "three-levels-bag", file(4, [
        element("values", repetition=OPTIONAL, children=1, converted=LIST),
        element("bag", repetition=REPEATED, children=1), element("array_element", BYTE_ARRAY, REQUIRED, converted=UTF8),
    ], [(BYTE_ARRAY, ["values", "bag", "array_element"], levels + ([b"x", b"y", b"z"],))])
    # A list of lists of two levels: [[1, 2], [3]], [[]], [].
    yield "two-levels-twice", file(3, [
        element("values", repetition=OPTIONAL, children=1, converted=LIST),
        element("array", repetition=REPEATED, children=1, converted=LIST), element("array", INT32, REPEATED),
    ], [(INT32, ["values", "array", "array"], ([0, 2, 1, 0, 0], 2, [3, 3, 3, 2, 1], 3, [1, 2, 3]))])
    # A map by its older name, whose entries are called "map": {a: 1, b: null}, {}, null.
    yield "map-key-value", file(3, [
        element("scores", repetition=OPTIONAL, children=1, converted=MAP_KEY_VALUE),
        element("map", repetition=REPEATED, children=2), element("key", BYTE_ARRAY, REQUIRED, converted=UTF8),
        element("value", INT32, OPTIONAL),
    ], [(BYTE_ARRAY, ["scores", "map", "key"], ([0, 1, 0, 0], 1, [2, 2, 1, 0], 2, [b"a", b"b"])),
        (INT32, ["scores", "map", "value"], ([0, 1, 0, 0], 1, [3, 2, 1, 0], 3, [1]))])
    # Annotations from before there were logical types.
    yield "converted-types", file(2, [
        element("text", BYTE_ARRAY, REQUIRED, converted=UTF8), element("json", BYTE_ARRAY, REQUIRED, converted=JSON),
        element("bytes", BYTE_ARRAY, REQUIRED), element("date", INT32, REQUIRED, converted=DATE),
        element("time_ms", INT32, REQUIRED, converted=TIME_MILLIS),
        element("time_us", INT64, REQUIRED, converted=TIME_MICROS),
        element("timestamp_ms", INT64, REQUIRED, converted=TIMESTAMP_MILLIS),
        element("timestamp_us", INT64, REQUIRED, converted=TIMESTAMP_MICROS),
        element("uint_32", INT32, REQUIRED, converted=UINT_32), element("uint_64", INT64, REQUIRED, converted=UINT_64),
        element("int_8", INT32, REQUIRED, converted=INT_8),
        element("decimal_4", INT32, REQUIRED, converted=DECIMAL, scale=2, precision=9),
        element("decimal_8", INT64, REQUIRED, converted=DECIMAL, scale=4, precision=18),
        element("decimal_bytes", BYTE_ARRAY, REQUIRED, converted=DECIMAL, scale=3, precision=20),
        element("decimal_fixed", FIXED, REQUIRED, converted=DECIMAL, scale=0, precision=5, length=3),
    ], [(BYTE_ARRAY, ["text"], [b"a", "é".encode()]), (BYTE_ARRAY, ["json"], [b'{"a":1}', b"[]"]),
        (BYTE_ARRAY, ["bytes"], [b"\x00\xff", b""]), (INT32, ["date"], [0, 19782]),
        (INT32, ["time_ms"], [0, 86399999]), (INT64, ["time_us"], [1, 3600000000]),
        (INT64, ["timestamp_ms"], [-1, 1709164800000]), (INT64, ["timestamp_us"], [-1, 1709164800123456]),
        (INT32, ["uint_32"], [-1, 5]), (INT64, ["uint_64"], [-1, 5]), (INT32, ["int_8"], [-128, 127]),
        (INT32, ["decimal_4"], [-5, 12345]), (INT64, ["decimal_8"], [-10001, 0]),
        (BYTE_ARRAY, ["decimal_bytes"], [b"\x80", b"\x01\x00\x00\x00\x00\x00\x00\x00"]),
        (FIXED, ["decimal_fixed"], [b"\xff\xff\xff", b"\x00\x01\x00"])])


def hostile_files():
    """Name and bytes: files that would take all memory or time if they were believed, or that contradict themselves."""
    number = element("x", INT32, REQUIRED)
    numbers = [element("x", repetition=OPTIONAL, children=1, converted=LIST),
               element("list", repetition=REPEATED, children=1), element("element", INT32, OPTIONAL)]
    top = 2**31 - 1

    def one(pages, count=3, rows=3, elements=[number], path=["x"], kind=INT32, **changes):
        changes = {int(key[1:]): value for key, value in changes.items()}
        return assemble(rows, elements, [(kind, path, pages, count, changes)])

    good, _ = page(INT32, [1, 2, 3])
    # One row, whose list has 2,147,483,646 nulls in two runs of a few bytes.
    ones = (varint(1 << 1) + b"\0" + varint((top - 1) << 1) + b"\1", varint(top << 1) + b"\2")
    body = b"".join(struct.pack("<I", len(levels)) + levels for levels in ones)
    yield "long-row", one(page_of(body, 50_000_000), 50_000_000, 1, numbers, ["x", "list", "element"])
    yield "longer-row", one(page_of(body, top), top, 1, numbers, ["x", "list", "element"])
    yield "large-page", one(page_of(b"", 3, size=top, stored=0), _4=1)
    yield "negative-page", one(page_of(b"", 3, size=-1, stored=0))
    yield "page-beyond-column", one(page_of(b"", 3, stored=1 << 30))
    yield "many-rows", one(good, 1 << 40, 1 << 40)
    yield "rows-beyond-values", one(good, 3, 4)
    yield "values-beyond-rows", one(good, 4, 4)
    yield "negative-rows", one(good, -1, -1)
    dictionary = structure({1: 2, 2: 4, 3: 4, 7: {1: top, 2: 0}}) + b"\0\0\0\0"
    yield "large-dictionary", one(dictionary + page_of(b"\0", 3, encoding=8))
    dictionary = structure({1: 2, 2: 4, 3: 4, 7: {1: 1, 2: 0}}) + b"\0\0\0\0"
    yield "beyond-dictionary", one(dictionary + page_of(b"\x08" + varint(3 << 1) + b"\7", 3, encoding=8))
    yield "two-dictionaries", one(dictionary * 2 + good)
    yield "no-dictionary", one(page_of(b"\1" + varint(3 << 1) + b"\0", 3, encoding=8))
    yield "wide-indices", one(dictionary + page_of(b"\xff" + varint(3 << 1) + b"\0", 3, encoding=8))
    yield "unknown-encoding", one(page_of(b"", 3, encoding=77))
    yield "wrong-encoding", one(page_of(b"", 3, encoding=6))
    yield "wrong-checksum", one(page_of(plain(INT32, [1, 2, 3]), 3, checksum=5))
    yield "outside", one(good, _9=Wide(1 << 50))
    yield "before-the-start", one(good, _9=Wide(-5))
    yield "lz4", one(good, _4=7)
    yield "brotli", one(good, _4=4)
    interval = element("x", FIXED, REQUIRED, converted=INTERVAL, length=12)
    yield "interval", one(page(FIXED, [b"x" * 12] * 3)[0], elements=[interval], kind=FIXED)
    yield "twice", file(1, [number, number], [(INT32, ["x"], [1]), (INT32, ["x"], [1])])
    deep = [element(f"g{depth}", repetition=REQUIRED, children=1) for depth in range(1000)] + [number]
    yield "deep", one(good, elements=deep)
    yield "endless-group", one(good, elements=[element("g", repetition=REQUIRED, children=top), number])
    yield "empty-group", one(good, elements=[element("g", repetition=REQUIRED, children=0), number])
    # Values that each begin with all of the one before: 60,000 of 60,000 bytes.
    text = element("x", BYTE_ARRAY, REQUIRED, converted=UTF8)
    count = 60_000

    first_prefix = varint(128) + varint(1) + varint(count) + zigzag(0)
    # The first block's differences: 60,000 once and 0 from then on, in 17 bits.
    packed = (count).to_bytes(17 * 128 // 8, "little")
    prefixes = first_prefix + zigzag(0) + b"\x11" + packed + (zigzag(0) + b"\0") * ((count - 2) // 128)
    suffixes = varint(128) + varint(1) + varint(count) + zigzag(count)
    negative = zigzag(-count) + b"\x11" + (sum(count << (17 * index) for index in range(1, 128))).to_bytes(17 * 16, "little")
    suffixes += negative + (zigzag(0) + b"\0") * ((count - 2) // 128)
    yield "shared-beginnings", one(
        page_of(prefixes + suffixes + b"a" * count, count, encoding=7), count, count, [text], ["x"], BYTE_ARRAY)

#!/usr/bin/env python3
"""Writes Tests/Goldens/parquet: files of every encoding, codec, page version and nesting, and what pyarrow reads from them.

    python3 tools/goldens/make_parquet_goldens.py                 the files that the repository has
    python3 tools/goldens/make_parquet_goldens.py --random FOLDER [COUNT] [SEED]     as many random files elsewhere
    python3 tools/goldens/make_parquet_goldens.py --read FOLDER OUTPUT      what pyarrow reads from the files in a folder

Each `NAME.parquet` has a line in `rows.jsonl`: {"file", "count"} and "rows", or "rows_of" a file with the same ones; with --read
"sha256" of the rows as compact JSON, a line feed behind each. Packages: tools/goldens/requirements.txt.
"""

import base64
import datetime
import decimal
import hashlib
import json
import math
import pathlib
import random
import sys
import uuid

import pyarrow as pa
import pyarrow.parquet as pq

import parquet_bytes

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "Tests/Goldens/parquet"
CODECS = ["NONE", "SNAPPY", "GZIP", "ZSTD"]


# What pyarrow's values are in JSON, by the types of the columns.

def time_text(count, unit):
    per_second = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    seconds, fraction = divmod(count, per_second)
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    nanoseconds = fraction * (10**9 // per_second)
    if nanoseconds % 1000:
        return f"{text}.{nanoseconds:09}"
    return f"{text}.{nanoseconds // 1000:06}" if nanoseconds else text


def timestamp_text(count, kind):
    per_day = 86400 * {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[kind.unit]
    days, rest = divmod(count, per_day)
    day = datetime.date(1970, 1, 1) + datetime.timedelta(days=days)
    return f"{day.isoformat()}T{time_text(rest, kind.unit)}" + ("+00:00" if kind.tz else "")


def rows_of(array, kind):
    """The values of an Arrow array as JSON has them, null as None."""
    if pa.types.is_dictionary(kind):
        return rows_of(array.cast(kind.value_type), kind.value_type)
    if isinstance(kind, pa.BaseExtensionType):
        if kind.extension_name == "arrow.uuid":
            return [value and str(value) for value in array.to_pylist()]
        return rows_of(array.storage, kind.storage_type)
    if pa.types.is_timestamp(kind):
        return [None if value is None else timestamp_text(value, kind) for value in array.cast(pa.int64()).to_pylist()]
    if pa.types.is_time(kind):
        whole = array.cast(pa.int32() if pa.types.is_time32(kind) else pa.int64())
        return [None if value is None else time_text(value, kind.unit) for value in whole.to_pylist()]
    if pa.types.is_duration(kind):
        return array.cast(pa.int64()).to_pylist()
    if pa.types.is_date(kind):
        return [value and value.isoformat() for value in array.to_pylist()]
    if pa.types.is_decimal(kind):
        return [None if value is None else format(value, "f") for value in array.to_pylist()]
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return [None if value is None else base64.b64encode(value).decode() for value in array.to_pylist()]
    if pa.types.is_float16(kind):
        return [None if value is None else float(value) for value in array.to_pylist()]
    if pa.types.is_struct(kind):
        columns = [rows_of(array.field(index), kind.field(index).type) for index in range(kind.num_fields)]
        names = [field.name for field in kind]
        return [dict(zip(names, values)) if valid else None
                for valid, values in zip(array.is_valid().to_pylist(), zip(*columns))]
    if pa.types.is_map(kind):
        keys, items = rows_of(array.keys, kind.key_type), rows_of(array.items, kind.item_type)
        pairs = [list(pair) for pair in zip(keys, items)]
        return lists(array, pairs)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return lists(array, rows_of(array.values, kind.value_type))
    if pa.types.is_fixed_size_list(kind):
        values, size = rows_of(array.values, kind.value_type), kind.list_size
        return [values[(array.offset + index) * size:(array.offset + index + 1) * size] if valid else None
                for index, valid in enumerate(array.is_valid().to_pylist())]
    return array.to_pylist()


def lists(array, values):
    offsets = array.offsets.to_pylist()
    return [values[start:end] if valid else None
            for valid, start, end in zip(array.is_valid().to_pylist(), offsets, offsets[1:])]


def plain(value):
    """NaN and infinities by name: they have no word in JSON."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    if isinstance(value, float) and value == int(value) and abs(value) < 2**53:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value > 2**63 - 1:
        return str(float(value))
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


def read(path):
    """What pyarrow reads from a file, as values of JSON."""
    table = pq.read_table(path)
    columns = []
    for name, column in zip(table.column_names, table.columns):
        values = []
        for chunk in column.chunks:
            values += rows_of(chunk, chunk.type)
        columns.append(values)
    if not columns:
        return [{} for _ in range(table.num_rows)]
    return [plain(dict(zip(table.column_names, values))) for values in zip(*columns)]


def line(path, name, whole=True, seen=None):
    """The record of a file; of rows that are in `seen`, under the name of the file that has them, that name."""
    rows = read(path)
    record = {"file": name, "count": len(rows)}
    text = json.dumps(rows)
    if seen is not None and text in seen:
        record["rows_of"] = seen[text]
    elif whole:
        record["rows"] = rows
        if seen is not None:
            seen[text] = name
    else:
        text = "".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows)
        record["sha256"] = hashlib.sha256(text.encode()).hexdigest()
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"))


# The files.

def table_of(random_, count, null_share=0.2):
    """A table with a column of every type that pyarrow writes."""
    def some(make):
        return [None if random_.random() < null_share else make() for _ in range(count)]

    def integer(bits, signed=True):
        low, high = (-(2**(bits - 1)), 2**(bits - 1) - 1) if signed else (0, 2**bits - 1)
        return lambda: random_.choice([low, high, 0, random_.randint(low, high), random_.randint(-5, 5) if signed else 7])

    def text():
        return random_.choice(["", "a", "Grüße", "日本", "x" * random_.randint(0, 40), f"prefix of {random_.random()}"])

    def number():
        return random_.choice([0.0, -1.5, math.inf, -math.inf, math.nan, 1e-300, random_.uniform(-1e6, 1e6)])

    def moment():
        return random_.randint(-10**15, 4 * 10**15)

    def listed(make):
        return lambda: [make() if random_.random() > null_share else None for _ in range(random_.randint(0, 4))]

    def structure():
        return {"a": random_.randint(0, 9), "b": None if random_.random() < 0.3 else text(),
                "c": listed(lambda: random_.randint(0, 99))() if random_.random() > 0.3 else None}

    decimal.getcontext().prec = 80
    inner = pa.struct([("a", pa.int64()), ("b", pa.string()), ("c", pa.list_(pa.int32()))])
    columns = {
        "bool": pa.array(some(lambda: random_.random() < 0.5), pa.bool_()),
        "int8": pa.array(some(integer(8)), pa.int8()), "int16": pa.array(some(integer(16)), pa.int16()),
        "int32": pa.array(some(integer(32)), pa.int32()), "int64": pa.array(some(integer(64)), pa.int64()),
        "uint8": pa.array(some(integer(8, False)), pa.uint8()), "uint16": pa.array(some(integer(16, False)), pa.uint16()),
        "uint32": pa.array(some(integer(32, False)), pa.uint32()), "uint64": pa.array(some(integer(64, False)), pa.uint64()),
        "float16": pa.array([None if value is None else value for value in some(lambda: random_.choice(
            [0.0, -0.5, 65504.0, 6e-8, 0.333251953125, math.inf, math.nan]))], pa.float16()),
        "float32": pa.array(some(number), pa.float32()), "float64": pa.array(some(number), pa.float64()),
        "string": pa.array(some(text), pa.string()), "large_string": pa.array(some(text), pa.large_string()),
        "binary": pa.array(some(lambda: random_.randbytes(random_.randint(0, 9))), pa.binary()),
        "fixed": pa.array(some(lambda: random_.randbytes(5)), pa.binary(5)),
        "uuid": pa.array(some(lambda: uuid.UUID(int=random_.getrandbits(128)).bytes), pa.uuid()),
        "decimal32": pa.array(some(lambda: decimal.Decimal(random_.randint(-99999, 99999)).scaleb(-2)), pa.decimal128(7, 2)),
        "decimal64": pa.array(some(lambda: decimal.Decimal(random_.randint(-10**15, 10**15)).scaleb(-9)), pa.decimal128(18, 9)),
        "decimal128": pa.array(some(lambda: decimal.Decimal(random_.randint(-10**37, 10**37)).scaleb(-12)), pa.decimal128(38, 12)),
        "decimal256": pa.array(some(lambda: decimal.Decimal(random_.randint(-10**70, 10**70)).scaleb(-30)), pa.decimal256(76, 30)),
        "date32": pa.array(some(lambda: random_.randint(-100000, 100000)), pa.int32()).cast(pa.date32()),
        "date64": pa.array(some(lambda: random_.randint(-1000, 30000) * 86400000), pa.int64()).cast(pa.date64()),
        "time_ms": pa.array(some(lambda: random_.randint(0, 86399999)), pa.int32()).cast(pa.time32("ms")),
        "time_us": pa.array(some(lambda: random_.randint(0, 86399999999)), pa.int64()).cast(pa.time64("us")),
        "time_ns": pa.array(some(lambda: random_.randint(0, 86399999999999)), pa.int64()).cast(pa.time64("ns")),
        "timestamp_ms": pa.array(some(lambda: moment() // 1000), pa.int64()).cast(pa.timestamp("ms")),
        "timestamp_us": pa.array(some(moment), pa.int64()).cast(pa.timestamp("us", tz="UTC")),
        "timestamp_ns": pa.array(some(lambda: moment() * 1000 + random_.randint(0, 999)), pa.int64()).cast(pa.timestamp("ns")),
        "duration": pa.array(some(moment), pa.int64()).cast(pa.duration("us")),
        "null": pa.nulls(count),
        "dictionary": pa.array(some(lambda: random_.choice(["red", "green", "blue"])), pa.string()).dictionary_encode(),
        "list": pa.array(some(listed(lambda: random_.randint(-9, 9))), pa.list_(pa.int32())),
        "texts": pa.array(some(listed(text)), pa.large_list(pa.string())),
        "pair": pa.array(some(lambda: [random_.random(), random_.random()]), pa.list_(pa.float64(), 2)),
        "lists": pa.array(some(listed(listed(lambda: random_.randint(0, 3)))), pa.list_(pa.list_(pa.int8()))),
        "struct": pa.array(some(structure), inner),
        "structs": pa.array(some(listed(structure)), pa.list_(inner)),
        "map": pa.array(some(lambda: [(f"k{index}", random_.choice([None, 1, 2])) for index in range(random_.randint(0, 3))]),
                        pa.map_(pa.string(), pa.int64())),
        "maps": pa.array(some(lambda: [(f"k{index}", listed(structure)()) for index in range(random_.randint(0, 2))]),
                         pa.map_(pa.string(), pa.list_(inner))),
    }
    return pa.table(columns)


ENCODINGS = {
    "PLAIN": ["bool", "int32", "int64", "float32", "float64", "string", "binary", "fixed", "decimal128"],
    "RLE": ["bool"],
    "DELTA_BINARY_PACKED": ["int8", "int32", "int64", "uint32", "uint64", "date32", "timestamp_us", "decimal32"],
    "DELTA_LENGTH_BYTE_ARRAY": ["string", "binary", "large_string"],
    "DELTA_BYTE_ARRAY": ["string", "binary", "fixed", "decimal128", "uuid"],
    "BYTE_STREAM_SPLIT": ["int32", "int64", "float32", "float64", "float16", "fixed", "decimal128"],
}


def made_files():
    """Name, table, and how it is written."""
    base = table_of(random.Random(20), 24)
    for version in ("1.0", "2.0"):
        for codec in CODECS:
            mark = f"v{version[0]}-{codec.lower()}"
            yield f"dictionary-{mark}", base, dict(compression=codec, data_page_version=version, data_page_size=64)
        yield f"checksums-v{version[0]}", base, dict(data_page_version=version, write_page_checksum=True)
        for encoding, names in ENCODINGS.items():
            codec = random.Random(encoding + version).choice(CODECS)
            yield (f"{encoding.lower().replace('_', '-')}-v{version[0]}", base.select(names), dict(
                compression=codec, data_page_version=version, use_dictionary=False,
                column_encoding={name: encoding for name in names}))
    many = table_of(random.Random(21), 500, 0.05)
    yield "row-groups", many.select(["int64", "string", "structs", "bool"]), dict(
        row_group_size=200, data_page_size=512, compression="ZSTD", write_batch_size=16)
    yield "delta-many", many.select(["int64", "string", "list"]), dict(
        use_dictionary=False, column_encoding={"int64": "DELTA_BINARY_PACKED", "string": "DELTA_BYTE_ARRAY",
                                               "list.list.element": "DELTA_BINARY_PACKED"}, data_page_version="2.0")
    # An old form: its own schema left out, timestamps of 96 bits, lists whose element is called "item".
    yield "int96", base.select(["timestamp_ns", "timestamp_us", "string", "list"]), dict(
        use_deprecated_int96_timestamps=True, store_schema=False, use_compliant_nested_type=False, version="1.0")
    required = pa.schema([pa.field("id", pa.int64(), nullable=False), pa.field("text", pa.string(), nullable=False),
                          pa.field("tags", pa.list_(pa.field("element", pa.string(), nullable=False)), nullable=False)])
    yield "required", pa.table([[1, 2, 3], ["a", "b", ""], [["x"], [], ["y", "z"]]], schema=required), {}
    yield "one-value", pa.table({"label": ["same"] * 500, "nothing": pa.nulls(500, pa.int64())}), {}
    yield "no-rows", base.select(["int64", "structs"]).slice(0, 0), {}
    yield "flat-names", pa.table({"a.b": [1], "": [2], "é": [3], "e\u0301": [4]}), {}


def write(path, table, options):
    options = dict(options)
    if options.get("column_encoding", {}).get("decimal32") == "DELTA_BINARY_PACKED":
        options["store_decimal_as_integer"] = True
    pq.write_table(table, path, **options)


def random_file(path, seed):
    """A file of random columns, written in a random way."""
    random_ = random.Random(seed)
    table = table_of(random_, random_.choice([1, 2, 17, 60, 300]), random_.choice([0, 0.1, 0.5, 1]))
    names = random_.sample(table.column_names, random_.randint(1, len(table.column_names)))
    table = table.select(names)
    options = dict(
        compression=random_.choice(CODECS), data_page_version=random_.choice(["1.0", "2.0"]),
        data_page_size=random_.choice([1, 100, 5000, 1 << 20]), write_batch_size=random_.choice([1, 7, 1024]),
        row_group_size=random_.choice([1, 10, 1000]), write_page_checksum=random_.random() < 0.3,
        store_schema=random_.random() < 0.8, store_decimal_as_integer=random_.random() < 0.5, dictionary_pagesize_limit=random_.choice([1, 100, 1 << 20]))
    encoded = {}
    for encoding, possible in ENCODINGS.items():
        for name in possible:
            if name in names and random_.random() < 0.4:
                encoded[name] = encoding
    if encoded and random_.random() < 0.7:
        options["use_dictionary"] = [name for name in names if name not in encoded]
        options["column_encoding"] = encoded
    write(path, table, options)


def main():
    if sys.argv[1:2] == ["--read"]:
        folder = pathlib.Path(sys.argv[2])
        with open(sys.argv[3], "w") as output:
            for path in sorted(folder.rglob("*.parquet")):
                output.write(line(path, str(path.relative_to(folder)), whole=False) + "\n")
        return
    if sys.argv[1:2] == ["--random"]:
        folder, count = pathlib.Path(sys.argv[2]), int((sys.argv[3:] or [200])[0])
        seed = int((sys.argv[4:] or [1])[0])
        folder.mkdir(parents=True, exist_ok=True)
        with open(folder / "rows.jsonl", "w") as output:
            for index in range(count):
                name = f"random-{index:04}.parquet"
                random_file(folder / name, seed * 1_000_000 + index)
                try:
                    output.write(line(folder / name, name) + "\n")
                except pa.ArrowInvalid as error:  # pyarrow does not read all that it writes
                    print(f"{name}: {error}")
                    (folder / name).unlink()
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    seen = {}
    with open(FOLDER / "rows.jsonl", "w") as output:
        for name, table, options in made_files():
            write(FOLDER / f"{name}.parquet", table, options)
            output.write(line(FOLDER / f"{name}.parquet", f"{name}.parquet", seen=seen) + "\n")
        for name, data in parquet_bytes.old_files():
            name = f"old-{name}.parquet"
            (FOLDER / name).write_bytes(data)
            output.write(line(FOLDER / name, name, seen=seen) + "\n")
    (FOLDER / "hostile").mkdir(exist_ok=True)
    for name, data in parquet_bytes.hostile_files():
        (FOLDER / "hostile" / f"{name}.parquet").write_bytes(data)


if __name__ == "__main__":
    main()

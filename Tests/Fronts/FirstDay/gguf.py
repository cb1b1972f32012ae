"""Reads and writes GGUF files, as little of the format as changing them takes."""

import pathlib
import struct

U32, F32, BOOL, STRING, ARRAY, U64 = 4, 6, 7, 8, 9, 10
_FORMATS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "B", 10: "Q", 11: "q", 12: "d"}
ALIGNMENT = 32


class File:
    """`values` holds `[type, value]` by key (an array's value is `[type of its elements, list]`, a string's bytes);
    `tensors` holds `[dimensions, type, bytes]` by name."""

    def __init__(self, path=None):
        self.values, self.tensors = {}, {}
        if path:
            self._data, self._offset = pathlib.Path(path).read_bytes(), 8
            self._read()

    def _take(self, form):
        value, = struct.unpack_from("<" + form, self._data, self._offset)
        self._offset += struct.calcsize(form)
        return value

    def _string(self):
        length = self._take("Q")
        self._offset += length
        return self._data[self._offset - length:self._offset]

    def _value(self, kind):
        if kind == STRING:
            return self._string()
        if kind != ARRAY:
            return self._take(_FORMATS[kind])
        inner, count = self._take("I"), self._take("Q")
        return [inner, [self._value(inner) for _ in range(count)]]

    def _read(self):
        tensor_count, key_count = self._take("Q"), self._take("Q")
        for _ in range(key_count):
            key = self._string().decode()
            kind = self._take("I")
            self.values[key] = [kind, self._value(kind)]
        table = []
        for _ in range(tensor_count):
            name = self._string().decode()
            dimensions = [self._take("Q") for _ in range(self._take("I"))]
            table.append((name, dimensions, self._take("I"), self._take("Q")))
        start = -(-self._offset // ALIGNMENT) * ALIGNMENT
        ends = sorted(offset for *_, offset in table) + [len(self._data) - start]
        for name, dimensions, kind, offset in table:
            end = min(place for place in ends if place > offset)
            self.tensors[name] = [dimensions, kind, self._data[start + offset:start + end]]

    def set(self, key, kind, value):
        self.values[key] = [kind, value]

    def list(self, key):
        """The elements of an array, to be changed in place."""
        return self.values[key][1][1]

    @staticmethod
    def _packed(kind, value):
        if kind == STRING:
            return struct.pack("<Q", len(value)) + value
        if kind != ARRAY:
            return struct.pack("<" + _FORMATS[kind], value)
        inner, elements = value
        return struct.pack("<IQ", inner, len(elements)) + b"".join(File._packed(inner, element) for element in elements)

    def write(self, path, tail=b""):
        header = b"GGUF" + struct.pack("<IQQ", 3, len(self.tensors), len(self.values))
        for key, (kind, value) in self.values.items():
            header += self._packed(STRING, key.encode()) + struct.pack("<I", kind) + self._packed(kind, value)
        body = b""
        for name, (dimensions, kind, data) in self.tensors.items():
            header += self._packed(STRING, name.encode()) + struct.pack("<I", len(dimensions))
            header += struct.pack(f"<{len(dimensions)}QIQ", *dimensions, kind, len(body))
            body += data + bytes(-len(data) % ALIGNMENT)
        header += bytes(-len(header) % ALIGNMENT)
        pathlib.Path(path).write_bytes(header + body + tail)
        return path

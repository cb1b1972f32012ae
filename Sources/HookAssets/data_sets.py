"""Stands for the package `datasets` where functions of task files use a little of it: rows in lists."""


def _refuse(what):
    raise NotImplementedError(f"{what}: not in the stand-in for datasets; install datasets for this python")


class Column(list):
    """The values of a column."""


class Dataset:
    """Rows, each a dict with the same keys; the methods return new ones, as those of datasets.Dataset do."""

    # What only says how fast or where datasets does it.
    _SILENT = {
        "num_proc", "load_from_cache_file", "keep_in_memory", "desc", "cache_file_name", "writer_batch_size", "features",
        "new_fingerprint", "suffix_template", "disable_nullable", "drop_last_batch", "indices_cache_file_name",
    }

    def __init__(self, rows):
        self._rows = list(rows)

    @classmethod
    def from_list(cls, rows, **_):
        rows = list(rows)
        return cls({key: row.get(key) for key in rows[0]} for row in rows)

    @classmethod
    def from_dict(cls, columns, **_):
        return cls(dict(zip(columns, values)) for values in zip(*columns.values()))

    @classmethod
    def from_generator(cls, generator, gen_kwargs=None, **_):
        return cls.from_list(generator(**(gen_kwargs or {})))

    def __len__(self):
        return len(self._rows)

    def __iter__(self):
        return (dict(row) for row in self._rows)

    def __getitem__(self, key):
        if isinstance(key, str):
            if key not in self.column_names:
                raise KeyError(f"Column {key} not in the dataset. Current columns in the dataset: {self.column_names}")
            return Column(row[key] for row in self._rows)
        if isinstance(key, slice):
            return self._columns(self._rows[key])
        if hasattr(key, "__iter__"):
            return self._columns([self._rows[index] for index in key])
        return dict(self._rows[key])

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            import datasets
            real = datasets.Dataset
        except ImportError:
            real = Dataset
        if real is Dataset or not hasattr(real, name):
            raise AttributeError(f"Dataset.{name}: not in the stand-in for datasets; install datasets for this python")
        return getattr(real.from_list(self._rows), name)

    def _columns(self, rows):
        return {name: [row[name] for row in rows] for name in self.column_names}

    @property
    def column_names(self):
        return list(self._rows[0]) if self._rows else []

    @property
    def num_rows(self):
        return len(self._rows)

    @property
    def num_columns(self):
        return len(self.column_names)

    def to_list(self):
        return [dict(row) for row in self._rows]

    def to_dict(self):
        return self._columns(self._rows)

    def _arguments(self, index, with_indices, with_rank):
        return ([index] if with_indices else []) + ([0] if with_rank else [])

    def _input(self, row, columns):
        if columns is None:
            return [row]
        return [row[name] for name in ([columns] if isinstance(columns, str) else columns)]

    def _check(self, arguments):
        for name in arguments:
            if name not in self._SILENT:
                _refuse(f"the argument {name}")

    def _batches(self, size):
        size = size or max(len(self._rows), 1)
        return [(start, self._rows[start:start + size]) for start in range(0, len(self._rows), size)]

    def map(
        self, function=None, with_indices=False, with_rank=False, input_columns=None, batched=False, batch_size=1000,
        remove_columns=None, fn_kwargs=None, **others,
    ):
        self._check(others)
        removed = [remove_columns] if isinstance(remove_columns, str) else remove_columns or []
        named = fn_kwargs or {}
        made = []
        if function is None:
            return self.remove_columns(removed)
        if batched:
            for start, rows in self._batches(batch_size):
                place = [list(range(start, start + len(rows)))] if with_indices else []
                batch = self._columns(rows)
                new = function(*self._input(batch, input_columns), *place, *([0] if with_rank else []), **named)
                if new is None:
                    return self
                columns = {**{key: values for key, values in batch.items() if key not in removed}, **new}
                made += [dict(zip(columns, values)) for values in zip(*columns.values())]
            return Dataset(made)
        for index, row in enumerate(self._rows):
            row = dict(row)
            new = function(*self._input(row, input_columns), *self._arguments(index, with_indices, with_rank), **named)
            if new is None:
                return self
            made.append({**{key: value for key, value in row.items() if key not in removed}, **new})
        # A column that a row lacks is empty there.
        columns = dict.fromkeys(key for row in made for key in row)
        return Dataset({key: row.get(key) for key in columns} for row in made)

    def filter(
        self, function=None, with_indices=False, with_rank=False, input_columns=None, batched=False, batch_size=1000,
        fn_kwargs=None, **others,
    ):
        self._check(others)
        named = fn_kwargs or {}
        if function is None:
            return self
        if batched:
            flags = []
            for start, rows in self._batches(batch_size):
                place = [list(range(start, start + len(rows)))] if with_indices else []
                flags += list(function(*self._input(self._columns(rows), input_columns), *place, **named))
        else:
            flags = [
                function(*self._input(dict(row), input_columns), *self._arguments(index, with_indices, with_rank), **named)
                for index, row in enumerate(self._rows)
            ]
        return Dataset(row for row, flag in zip(self._rows, flags) if flag)

    def select(self, indices, **others):
        self._check(others)
        return Dataset(self._rows[index] for index in indices)

    def take(self, count):
        return Dataset(self._rows[:count])

    def skip(self, count):
        return Dataset(self._rows[count:])

    def shuffle(self, seed=None, generator=None, **others):
        """The order is that of numpy's generator, as in datasets."""
        self._check(others)
        try:
            import numpy
        except ImportError:
            _refuse("shuffle without numpy")
        if generator is None:
            if seed is None:
                _refuse("shuffle without a seed")
            generator = numpy.random.default_rng(seed)
        return self.select(generator.permutation(len(self._rows)))

    def sort(self, column_names, reverse=False, **others):
        self._check(others)
        names = [column_names] if isinstance(column_names, str) else list(column_names)
        flags = [reverse] * len(names) if isinstance(reverse, bool) else list(reverse)
        rows = self._rows
        for name, flag in reversed(list(zip(names, flags))):
            rows = sorted(rows, key=lambda row: row[name], reverse=flag)
        return Dataset(rows)

    def unique(self, column):
        return list(dict.fromkeys(self[column]))

    def select_columns(self, column_names, **_):
        names = [column_names] if isinstance(column_names, str) else column_names
        return Dataset({name: row[name] for name in names} for row in self._rows)

    def remove_columns(self, column_names, **_):
        names = [column_names] if isinstance(column_names, str) else column_names
        return Dataset({key: value for key, value in row.items() if key not in names} for row in self._rows)

    def rename_columns(self, column_mapping, **_):
        return Dataset({column_mapping.get(key, key): value for key, value in row.items()} for row in self._rows)

    def rename_column(self, original_column_name, new_column_name, **_):
        return self.rename_columns({original_column_name: new_column_name})

    def add_column(self, name, column, **_):
        return Dataset({**row, name: value} for row, value in zip(self._rows, column))

    def flatten_indices(self, **_):
        return self


class DatasetDict(dict):
    """Data sets by the names of their splits."""

    def map(self, function=None, **arguments):
        return DatasetDict({name: rows.map(function, **arguments) for name, rows in self.items()})

    def filter(self, function=None, **arguments):
        return DatasetDict({name: rows.filter(function, **arguments) for name, rows in self.items()})


class Split(str):
    """The names of splits."""


Split.TRAIN, Split.VALIDATION, Split.TEST = Split("train"), Split("validation"), Split("test")


def concatenate_datasets(parts, **_):
    rows = [row for part in parts for row in part]
    columns = dict.fromkeys(key for row in rows for key in row)
    return Dataset({key: row.get(key) for key in columns} for row in rows)


def load_dataset(*_, **__):
    _refuse("load_dataset")


class _Feature:
    def __init__(self, *_, **__):
        pass


class Image(_Feature):
    """A column of pictures, which no function can read here."""


class Value(_Feature):
    """The type of a column."""


class Features(dict):
    """The types of columns."""


__version__ = "4.0.0"

#!/usr/bin/python3
"""score.py: scores columns with a bundle through ctypes, without any package: score.py libgyre.so flights.bundle

Here the rows are the bundle's own example, twice; the same arrays may come from numpy (array.ctypes.data)."""
import ctypes
import json
import sys


class Column(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("type", ctypes.c_int), ("values", ctypes.c_void_p), ("missing", ctypes.c_char_p)]


TEXT, REAL = 3, 2
gyre = ctypes.CDLL(sys.argv[1])
gyre.gyre_load.restype = ctypes.c_void_p
gyre.gyre_describe.restype = ctypes.c_char_p
error = ctypes.c_char_p()
model = ctypes.c_void_p(gyre.gyre_load(sys.argv[2].encode(), ctypes.byref(error)))
if not model:
    sys.exit(error.value.decode())
about = json.loads(gyre.gyre_describe(model))
columns, kept = (Column * len(about["inputs"]))(), []
for column, entry in zip(columns, about["inputs"]):
    value = about["example"][entry["name"]]
    values = (ctypes.c_char_p * 2)(*[value.encode()] * 2) if isinstance(value, str) else (ctypes.c_double * 2)(value, value)
    kept.append(values)
    column.name, column.type = entry["name"].encode(), TEXT if isinstance(value, str) else REAL
    column.values = ctypes.cast(values, ctypes.c_void_p)
scores = (ctypes.c_double * (2 * len(about["outputs"])))()
if gyre.gyre_predict_columns(model, columns, len(columns), 2, scores, None, ctypes.byref(error)):
    sys.exit(error.value.decode())
print(json.dumps(dict(zip(about["outputs"], scores))))
gyre.gyre_free(model)

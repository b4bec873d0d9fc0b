"""serving_alone.py: the model alone, in one process, one thread: libgyre through ctypes, XGBoost in place, ONNX Runtime.

usage: serving_alone.py LIBGYRE BUNDLE MODEL.xgb.json MODEL.onnx      prints {rows: {system: [us, ...]}}
"""
import ctypes
import json
import statistics
import sys
import time

import numpy
import onnxruntime
import xgboost

library, bundle, trees, onnx = sys.argv[1:5]


class Column(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("type", ctypes.c_int), ("values", ctypes.c_void_p), ("missing", ctypes.c_char_p)]


gyre = ctypes.CDLL(library)
gyre.gyre_load.restype = ctypes.c_void_p
gyre.gyre_describe.restype = ctypes.c_char_p
gyre.gyre_predict_columns.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t, ctypes.c_void_p, ctypes.c_void_p,
                                      ctypes.c_void_p]
model = ctypes.c_void_p(gyre.gyre_load(bundle.encode(), None))
names = [i["name"] for i in json.loads(gyre.gyre_describe(model))["inputs"]]
booster = xgboost.Booster(model_file=trees)
booster.set_param({"nthread": 1})
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = options.inter_op_num_threads = 1
session = onnxruntime.InferenceSession(onnx, options)


def calls(rows):
    x = numpy.random.default_rng(1).normal(size=(rows, len(names))).astype(numpy.float32)
    wide = [numpy.ascontiguousarray(x[:, k], dtype=numpy.float64) for k in range(len(names))]
    columns = (Column * len(names))(*[Column(n.encode(), 2, w.ctypes.data, None) for n, w in zip(names, wide)])
    scores = numpy.empty((rows, 2))
    feed = {n: w.reshape(-1, 1) for n, w in zip(names, wide)}
    at, place = ctypes.addressof(columns), scores.ctypes.data
    made = {"gyre": lambda: gyre.gyre_predict_columns(model, at, len(names), rows, place, None, None),
            "xgboost": lambda: booster.inplace_predict(x), "onnx": lambda: session.run(None, feed)}
    made["gyre"]()
    assert numpy.abs(scores[:, 1] - made["xgboost"]()).max() < 1e-5
    return made, (columns, scores)


def microseconds(call, times):
    began = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - began) / times * 1e6


told = {}
for rows in (1, 16, 1000):
    made, kept = calls(rows)
    told[rows] = {name: [] for name in made}
    for _ in range(7):
        for name, call in made.items():
            told[rows][name].append(microseconds(call, max(20, 2000 // rows)))
print(json.dumps(told))

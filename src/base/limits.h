/* limits.h: every limit of the program, with its reason.  docs/reference/limits.md is made from this file. */
#pragma once

/* How many times its size a packed body of a request may grow to, beyond LIMIT_INFLATE_FREE bytes.  Rows of data come to 3 to 20; what
 * is made to fill a server's memory to a thousand. */
#define LIMIT_INFLATE_RATIO 200
#define LIMIT_INFLATE_FREE (8 << 20)

/* Columns of a table.  Each costs a scan state in every step and a row in every report; 4,096 is ten times the widest
 * table a person looks at.  More is nearly always a transposed or badly quoted file. */
#define LIMIT_COLUMNS 4096

/* Rows of a table: row numbers are 32 bits in split and slice tables. */
#define LIMIT_ROWS 2000000000

/* Bytes of one text value (a cell).  Longer ones are refused with row and column: a missing quote swallows the rest of
 * the file into one cell. */
#define LIMIT_CELL_BYTES (16 << 20)

/* Numeric features after all transforms; a dense row of them is 64 KiB, what fits a core's first cache twice. */
#define LIMIT_FEATURES 16384

/* Categories of one column that a model tells apart; the rest counts as unseen.  A split on them is a set of so many bits. */
#define LIMIT_CATEGORIES 65536

/* Rows that boosting by DART learns from: each round predicts with all trees before it, so 100 rounds over 2.5 million rows
 * take more than ten minutes. */
#define LIMIT_DART_ROWS 50000

/* Bytes of the files that a model of the family `command` is made of: they are read whole, and are part of a bundle. */
#define LIMIT_COMMAND_MODEL_BYTES (1 << 30)

/* Bytes of a model that is brought as an ONNX file: it is read whole, is part of a bundle, and is held twice while it runs. */
#define LIMIT_ONNX_MODEL_BYTES (512 << 20)

/* Buckets that words of a text fall in: each is a feature, and a row of 4,096 is still quick to make. */
#define LIMIT_WORD_BUCKETS 4096

/* Distinct values of a column that one_hot spreads out before the rest is lumped together as "other". */
#define LIMIT_ONE_HOT 1000

/* Classes of a target: metrics and reports are tables of classes by classes. */
#define LIMIT_CLASSES 1000

/* Of a target that is a number, by size, and of a row's weight: squares of the one must stay doubles, the other a float. */
#define LIMIT_TARGET 1e100
#define LIMIT_WEIGHT 1e30

/* Folds of a cross-validation, over all its repeats: each has a recipe and a model of its own. */
#define LIMIT_FOLDS 200

/* Distinct text values of one column kept in memory at once. */
#define LIMIT_DICTIONARY 50000000

/* Rows explained in one call: each is a JSON object of all columns. */
#define LIMIT_EXPLAINED 100000
/* The same in one request to a server: trees take some 50 us a row. */
#define LIMIT_EXPLAINED_REQUEST 1000

/* Rows a program that embeds the library may score in one call: it has its memory in its own hand. */
#define LIMIT_EMBED_ROWS ((size_t)100000000)

/* Rows that wait for a shadow: memory, and what a candidate that is slower than the traffic may lag behind. */
#define LIMIT_SHADOW_ROWS 10000
/* ... and their bytes: a row of long texts is not a row of numbers. */
#define LIMIT_SHADOW_BYTES ((size_t)64 << 20)

/* Depth of nested YAML or JSON read from outside: recursion uses the stack. */
#define LIMIT_NESTING 64

/* Bytes of gyre.yaml, of schema.json and of any JSON handed over by another program. */
#define LIMIT_CONFIG_BYTES (16 << 20)

/* Bytes of a bundle: it is mapped whole. */
#define LIMIT_BUNDLE_BYTES (2LL << 30)

/* Trials of one search; each is a tracked run. */
#define LIMIT_TRIALS 100000

/* Steps of one plan. */
#define LIMIT_STEPS 10000

/* Parameters of a search space: a search of more than a few dozen learns nothing, and each costs every trial's record. */
#define LIMIT_SEARCH_PARAMS 1000

/* Steps that one trial of a study tells on its way (rounds, folds, epochs): all are kept and compared at each of them. */
#define LIMIT_SEARCH_STEPS 10000

/* Bytes of one line that a program under search says. */
#define LIMIT_SEARCH_LINE (1 << 20)

/* Bytes of the recipes of a project: one for every fold, each with all categories of every encoded column.  Ten folds of a
 * million categories are about this much. */
#define LIMIT_RECIPES_BYTES (1LL << 30)

/* Files that the trigger new_data watches: their names, sizes and times are compared and kept at every look. */
#define LIMIT_WATCHED_FILES 10000

/* Series of one server in Prometheus: models, pairs of version and route of a model, columns of one measure.  At the most a few
 * hundred thousand, as a Prometheus of moderate size still takes; an ordinary project has some hundred. */
#define LIMIT_GAUGE_MODELS 100
#define LIMIT_GAUGE_ROUTES 8
#define LIMIT_GAUGE_COLUMNS 20

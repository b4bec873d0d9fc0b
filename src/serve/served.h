/* served.h: a version of a model that is loaded, checked and warm.
 *
 * Immutable and counted: the table that routes requests holds it, and a request holds the table (serve/fleet.h), so any
 * number of threads predict with it while a newer version takes its place. */
#pragma once

#include <jansson.h>

#include "model/bundle.h"
#include "model/explain.h"

/* ,"NAME": as JSON, ready to be written. */
typedef struct JsonKey {
	char *text;
	size_t length;
} JsonKey;

typedef struct Served {
	char *name;
	int version;
	char *digest;
	Bundle *bundle;
	size_t inputs;
	const char **input_names; /* borrowed from the bundle; in the recipe's order */
	ColumnType *input_types;
	JsonKey *input_keys;  /* as batch_write_row writes them */
	JsonKey *class_keys;  /* ,"probability_LABEL": of each class */
	Dictionary *by_name;  /* name -> index of an input; only read after loading */
	size_t outputs;       /* scores a row */
	int64_t loaded;       /* us */
	Explainer *explainer; /* NULL: models of this family cannot tell */
	double row_us;        /* what a row takes, by the warm-up */
	uint64_t serial;      /* never used twice in a process; 0: not loaded by served_load */
	int references;
} Served;

/* Loads the bundle, and predicts its example until code and data are in the caches.  FAIL_BROKEN also when an answer is not
 * a number. */
bool served_load(const char *name, int version, const char *digest, const char *path, Served **ret, GError **error);
Served *served_ref(Served *s);
void served_unref(Served *s);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Served, served_unref)

/* A row that fits the inputs: {"distance": 400, "origin": "ATL", ...}: medians and the most frequent texts of the training
 * data, where the bundle's reference profile tells them.  New reference. */
json_t *served_example(const Served *s);

/* "distance (real), origin (text), ...": what a row holds.  Free with g_free. */
char *served_inputs_text(const Served *s);

/* The index of an input, or -1. */
int served_input(const Served *s, const char *name, size_t length);

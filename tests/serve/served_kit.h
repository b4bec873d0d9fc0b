/* served_kit.h: a made bundle, loaded for serving: y = 1 + 2 (x - 3) + 0.5 n for the tests of serve/ and http/. */
#pragma once

#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "serve/served.h"

/* Linear model file: two features, x and n, missing n counts as -1 (see tests/model/test_bundle.c). */
static inline GBytes *kit_model(void)
{
	GByteArray *to = g_byte_array_new();
	static const uint32_t SHAPE[] = {2, 1, 1};
	static const double NUMBERS[] = {0, 1, 1, 3, 0, 2, 0.5, 0, 4, 0.75, 0.25};
	g_byte_array_append(to, (const guint8 *)"GYLINE1\n", 8);
	g_byte_array_append(to, (const guint8 *)SHAPE, sizeof SHAPE);
	g_byte_array_append(to, (const guint8 *)NUMBERS, sizeof NUMBERS);
	return g_byte_array_free_to_bytes(to);
}

/* A classifier of "no" and "yes" with one input of each type; only x (real) and n (int) count. */
static inline Served *kit_served(void)
{
	g_autofree char *folder = g_dir_make_tmp("gyre-served-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, "bundle", NULL);
	g_autoptr(GBytes) model = kit_model();
	g_autoptr(GError) error = NULL;
	json_auto_t *header = json_loads(
	        "{\"project\": \"p\", \"roles\": {\"task\": \"classification\", \"target\": \"t\", \"classes\": "
	        "[\"no\", "
	        "\"yes\"]}, \"positive\": \"yes\", \"family\": \"linear\", \"threshold\": 0.25, \"params\": {}, "
	        "\"reference\": {\"inputs\": {\"x\": {\"quantiles\": [0, 3, 9]}, \"word\": {\"top\": [[\"abc\", "
	        "0.5]]}}},"
	        "\"recipe\": {\"inputs\": [{\"name\": \"x\", \"type\": \"real\"}, {\"name\": \"n\", \"type\": "
	        "\"int\"}, "
	        "{\"name\": \"word\", \"type\": \"text\"}, {\"name\": \"day\", \"type\": \"time\"}, {\"name\": "
	        "\"flag\", "
	        "\"type\": \"bool\"}], \"transforms\": [], \"features\": [\"x\", \"n\"]}}",
	        0, NULL);
	Served *s = NULL;
	g_assert_nonnull(header);
	bundle_write(path, header, model, &error);
	g_assert_no_error(error);
	served_load("half", 3, "digest", path, &s, &error);
	g_assert_no_error(error);
	g_assert_true(file_remove(folder, NULL));
	return s;
}

/* monitor_detect.c: the op `monitor detect`: a stream detector over a column of a file. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "monitor/detector.h"
#include "op/op.h"
#include "op/rows.h"

static const char *const NAMES[] = {"adwin", "ddm", "eddm", "hddm_a", "hddm_w", "kswin", "page_hinkley", NULL};
static const char *const MODES[] = {"up", "down", "both", NULL};

/* Settings of all detectors: bounds and defaults are each detector's own (a test compares the names). */
static const Param PARAMS[] = {
        {"file", PARAM_TEXT, "CSV, TSV, JSON lines or Parquet, rows in the order of time",
                .flags = PARAM_POSITIONAL | PARAM_REQUIRED},
        {"detector", PARAM_TEXT, "how a change is found", "\"adwin\"", .choices = NAMES},
        {"column", PARAM_TEXT, "the numbers to watch; 0 and 1 (an error) for ddm, eddm, hddm_a and hddm_w",
                .flags = PARAM_REQUIRED},
        {"delta", PARAM_REAL, "adwin: chance of a false drift (0.002); page_hinkley: deviations allowed for (0.005)"},
        {"clock", PARAM_INT, "adwin: values between two looks (32)"},
        {"max_buckets", PARAM_INT, "adwin: sums kept of each size (5)"},
        {"min_window_length", PARAM_INT, "adwin: values on each side of a cut (5)"},
        {"grace_period", PARAM_INT, "adwin: values before the first verdict (10)"},
        {"warm_start", PARAM_INT, "ddm, eddm: values before the first verdict (30)"},
        {"warning_threshold", PARAM_REAL, "ddm: standard deviations that warn (2)"},
        {"drift_threshold", PARAM_REAL, "ddm: standard deviations that are a drift (3)"},
        {"alpha", PARAM_REAL,
                "eddm: level that warns (0.95); kswin: chance of a false drift (0.005); page_hinkley: "
                "part of the sum kept (0.9999)"},
        {"beta", PARAM_REAL, "eddm: level that is a drift (0.9)"},
        {"drift_confidence", PARAM_REAL, "hddm_a, hddm_w: chance of a false drift (0.001)"},
        {"warning_confidence", PARAM_REAL, "hddm_a, hddm_w: chance of a false warning (0.005)"},
        {"lambda_val", PARAM_REAL, "hddm_w: weight of the newest value (0.05)"},
        {"two_sided_test", PARAM_BOOL, "hddm_a, hddm_w: look for a mean that falls too (false)"},
        {"window_size", PARAM_INT, "kswin: values in the window (100)"},
        {"stat_size", PARAM_INT, "kswin: newest values compared (30)"},
        {"seed", PARAM_INT, "kswin: of the choice among the older values (42)"},
        {"min_instances", PARAM_INT, "page_hinkley: values before the first verdict (30)"},
        {"threshold", PARAM_REAL, "page_hinkley: how far the sum may move (50)"},
        {"mode", PARAM_TEXT, "page_hinkley: direction that counts (both)", .choices = MODES},
        {NULL},
};

static const char *const OWN[] = {"file", "detector", "column", NULL};

/* What is left is meant for the detector, which refuses what it does not know. */
static json_t *settings_of(const json_t *in)
{
	json_t *settings = json_object(), *value;
	const char *name;
	json_object_foreach ((json_t *)in, name, value)
		if (!g_strv_contains(OWN, name))
			json_object_set(settings, name, value);
	return settings;
}

static bool watch(Detector *d, bool is_binary, const Column *c, int64_t first, json_t *found, GError **error)
{
	for (size_t i = 0; i < c->rows; i++) {
		double value = column_number(c, i);
		int64_t row = first + (int64_t)i;
		if (!isfinite(value))
			continue;
		if (is_binary && value != 0 && value != 1)
			return fail(error, FAIL_INVALID,
			        "column %s has %g in row %" G_GINT64_FORMAT
			        "; this detector takes 0 (right) and 1 (an error)",
			        c->name, value, row);
		unsigned state = detector_add(d, value);
		if (state & DETECTOR_DRIFT)
			json_array_append_new(json_object_get(found, "drifts"), json_integer(row));
		if (state & DETECTOR_WARNING)
			json_array_append_new(json_object_get(found, "warnings"), json_integer(row));
	}
	return true;
}

static bool check_column(Engine *e, const char *column, GError **error)
{
	json_auto_t *columns = NULL;
	size_t i;
	json_t *entry;
	if (!engine_describe(e, "SELECT * FROM rows", &columns, error))
		return false;
	json_array_foreach (columns, i, entry) {
		if (g_strcmp0(json_get_text(entry, "name", ""), column) != 0)
			continue;
		const char *type = json_get_text(entry, "type", "none");
		if (g_strcmp0(type, "int") == 0 || g_strcmp0(type, "real") == 0 || g_strcmp0(type, "bool") == 0)
			return true;
		return fail(error, FAIL_INVALID, "column %s is of type %s; a detector watches numbers", column, type);
	}
	return fail(error, FAIL_NOT_FOUND, "the file has no column \"%s\"", column);
}

static bool watch_file(Engine *e, const json_t *in, Detector *d, json_t *found, GError **error)
{
	const char *column = json_get_text(in, "column", "");
	const DetectorKind *kind = detector_kind(json_get_text(in, "detector", ""));
	g_autofree char *name = sql_name(column), *sql = g_strdup_printf("SELECT %s FROM rows", name);
	g_autoptr(FrameReader) reader = NULL;
	if (!rows_open(e, json_get_text(in, "file", ""), error) || !check_column(e, column, error) ||
	        !engine_read(e, sql, 0, &reader, error))
		return false;
	for (int64_t row = 0;;) {
		g_autoptr(Frame) rows = NULL;
		if (!frame_reader_next(reader, &rows, error))
			return false;
		if (!rows)
			return true;
		if (!watch(d, kind->is_binary, rows->columns->pdata[0], row, found, error))
			return false;
		row += (int64_t)rows->rows;
	}
}

static bool run(App *app, const json_t *in, json_t **ret, GError **error)
{
	(void)app;
	json_auto_t *settings = settings_of(in), *found = json_pack("{s:[],s:[]}", "drifts", "warnings");
	g_autoptr(Detector) d = NULL;
	g_autoptr(Engine) e = NULL;
	if (!detector_open(detector_kind(json_get_text(in, "detector", "")), settings, &d, error))
		return false;
	g_autofree char *scratch = g_dir_make_tmp("gyre-detect-XXXXXX", error);
	if (!scratch)
		return false;
	EngineLimits limits = {.scratch = scratch};
	bool ok = engine_open(&limits, &e, error) && watch_file(e, in, d, found, error);
	g_clear_pointer(&e, engine_close);
	file_remove(scratch, NULL);
	if (ok)
		*ret = json_incref(found);
	return ok;
}

const Op OP_MONITOR_DETECT = {
        .name = "monitor.detect",
        .help = "run a drift detector over a column of a file",
        .more = "Takes the rows in the file's order, one value at a time, as they would arrive.  Missing values are "
                "left out.  Works\nwithout a project.  docs/monitoring.md says which detector is for what.\n\n"
                "JSON: {\"drifts\": [index], \"warnings\": [index]}: 0-based rows after which the detector reported it",
        .params = PARAMS,
        .run = run,
};

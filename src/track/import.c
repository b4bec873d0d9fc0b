/* import.c: a run that is over, taken in at once. */
#include "track/track.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "track/rules.h"

static char *text_of(const json_t *value)
{
	return json_is_string(value) ? g_strdup(json_string_value(value)) : json_canonical(value);
}

typedef bool WriteText(Meta *m, const char *run_id, const char *key, const char *value, GError **error);

static bool import_texts(Meta *m, const char *run_id, const json_t *texts, WriteText *write, GError **error)
{
	const char *key;
	json_t *value;
	json_object_foreach ((json_t *)texts, key, value) {
		g_autofree char *text = text_of(value);
		if (!write(m, run_id, key, text, error))
			return false;
	}
	return true;
}

static bool read_point(const char *key, const json_t *value, int64_t end_ms, Point *ret, GError **error)
{
	const json_t *number = json_is_object(value) ? json_object_get(value, "value") : value;
	if (!json_is_number(number) && !json_is_null(number))
		return fail(error, FAIL_INVALID, "the metric \"%s\" is not a number", key);
	*ret = (Point){
	        .value = json_is_null(number) ? NAN : json_number_value(number),
	        .timestamp_ms = json_get_int(value, "timestamp", end_ms),
	        .step = json_get_int(value, "step", 0),
	};
	return true;
}

static bool import_metric(
        Meta *m, const char *run_id, const char *key, const json_t *value, int64_t end_ms, GError **error)
{
	Point point;
	if (!json_is_array(value))
		return read_point(key, value, end_ms, &point, error) && write_metric(m, run_id, key, point, error);
	for (size_t i = 0; i < json_array_size(value); i++)
		if (!read_point(key, json_array_get(value, i), end_ms, &point, error) ||
		        !write_metric(m, run_id, key, point, error))
			return false;
	return true;
}

static bool import_values(Meta *m, const char *run_id, const json_t *run, int64_t end, GError **error)
{
	const char *key;
	json_t *value;
	json_object_foreach (json_object_get(run, "metrics"), key, value)
		if (!import_metric(m, run_id, key, value, end / 1000, error))
			return false;
	return import_texts(m, run_id, json_object_get(run, "params"), write_param, error) &&
	       import_texts(m, run_id, json_object_get(run, "tags"), write_tag, error);
}

static bool import_times(Meta *m, const char *run_id, const json_t *run, int64_t end, GError **error)
{
	const char *status = json_get_text(run, "status", run_status_name(RUN_FINISHED));
	bool is_known = false;
	for (int s = RUN_RUNNING; s <= RUN_KILLED; s++)
		is_known |= strcmp(status, run_status_name((RunStatus)s)) == 0;
	if (!is_known)
		return fail(error, FAIL_INVALID, "\"%s\" is not the status of a run", status);
	json_int_t start = json_get_int(run, "start", end);
	return meta_run(m, "UPDATE runs SET status = $2, started = $3, ended = $4 WHERE run_id = $1",
	        json_pack("[ssII]", run_id, status, start, (json_int_t)end), NULL, error);
}

bool track_import(
        Meta *m, const char *experiment_id, const char *parent, const json_t *run, char **ret_id, GError **error)
{
	if (!meta_begin(m, error))
		return false;
	g_autofree char *id = NULL;
	int64_t end = json_get_int(run, "end", meta_now());
	bool ok = track_start(m, experiment_id, json_get_text(run, "name", NULL), parent, &id, error) &&
	          import_times(m, id, run, end, error) && import_values(m, id, run, end, error);
	if (!meta_end(m, ok, error))
		return false;
	*ret_id = g_steal_pointer(&id);
	return true;
}

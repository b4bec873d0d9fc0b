/* card.c: the record of a model's card from what a run's steps left. */
#include "report/card.h"

#include "base/json.h"

/* {key: value or null, ...} of another object's members; keys NULL-ended. */
static json_t *picked(const json_t *from, const char *const *keys)
{
	json_t *ret = json_object();
	for (; *keys; keys++) {
		const json_t *value = json_object_get(from, *keys);
		json_object_set_new(ret, *keys, value ? json_incref((json_t *)value) : json_null());
	}
	return ret;
}

/* What `gyre new` left to be told (TODO) and has not been told is not known. */
static void set(json_t *object, const char *key, const json_t *value)
{
	bool is_told = value && !(json_is_string(value) && g_str_has_prefix(json_string_value(value), "TODO"));
	json_object_set_new(object, key, is_told ? json_incref((json_t *)value) : json_null());
}

static json_t *details(const Story *s)
{
	json_t *ret = json_object();
	set(ret, "name", json_object_get(s->registration, "model"));
	set(ret, "version", json_object_get(s->registration, "version"));
	set(ret, "task", json_object_get(s->evaluation, "task"));
	set(ret, "family", json_at(s->evaluation, "model.family"));
	set(ret, "params", json_at(s->trials, "refit.params"));
	set(ret, "owner", json_object_get(s->goal, "owner"));
	json_object_set_new(ret, "gyre", json_string(GYRE_VERSION));
	return ret;
}

static const char *not_for(const Story *s)
{
	return json_get_text(
	        s->goal, "limits", "Other data, other times and other places than those it was judged on.");
}

static json_t *intended_use(const Story *s)
{
	json_t *ret = json_object();
	set(ret, "problem", json_object_get(s->goal, "problem"));
	set(ret, "touches", json_object_get(s->goal, "stakeholders"));
	set(ret, "today", json_object_get(s->goal, "today"));
	set(ret, "target", json_object_get(s->evaluation, "target"));
	set(ret, "positive", json_object_get(s->evaluation, "positive"));
	json_object_set_new(ret, "not_for", json_text(not_for(s)));
	return ret;
}

static json_t *data(const Story *s)
{
	static const char *const SPLIT[] = {"by", "rows", "ranges", NULL};
	json_t *ret = json_object();
	set(ret, "rows", json_object_get(s->ingest, "rows"));
	set(ret, "columns", json_object_get(s->ingest, "columns"));
	set(ret, "left_out", json_object_get(s->data, "drop"));
	json_object_set_new(ret, "split", picked(s->split, SPLIT));
	return ret;
}

static json_t *training(const Story *s)
{
	static const char *const KEYS[] = {"metric", "method", "rows", "ensemble", "calibration", NULL};
	json_t *ret = picked(s->trials, KEYS);
	json_object_set_new(
	        ret, "trials", json_integer((json_int_t)json_array_size(json_object_get(s->trials, "trials"))));
	return ret;
}

static json_t *metrics(const Story *s)
{
	static const char *const KEYS[] = {"rows", "level", "kpi", NULL};
	json_t *ret = picked(s->evaluation, KEYS);
	set(ret, "threshold", json_at(s->evaluation, "model.threshold"));
	set(ret, "model", json_at(s->evaluation, "model.metrics"));
	set(ret, "baseline", json_at(s->evaluation, "baseline.metrics"));
	return ret;
}

static json_t *calibration(const Story *s)
{
	const json_t *curve = json_at(s->evaluation, "curves.calibration");
	if (!json_is_object(curve))
		return json_null();
	json_t *ret = json_object();
	set(ret, "ece", json_at(s->evaluation, "model.metrics.ece.value"));
	set(ret, "bins", json_object_get(curve, "bins"));
	return ret;
}

static json_t *limits(const Story *s)
{
	json_t *list = json_array(), *warning;
	size_t i;
	json_array_append_new(list, json_text(not_for(s)));
	json_array_foreach (json_object_get(s->evaluation, "warnings"), i, warning)
		json_array_append(list, warning);
	json_array_foreach (json_object_get(s->split, "warnings"), i, warning)
		json_array_append(list, warning);
	return list;
}

static json_t *digest_json(const char *digest)
{
	return digest ? json_string(digest) : json_null();
}

json_t *card_of(const Story *s)
{
	static const char *const LATENCY[] = {"p50_ms", "p99_ms", NULL}, *const GATE[] = {
	                                                                         "pass", "reasons", "criteria", NULL};
	json_t *card = json_pack("{s:i}", "card", 1);
	json_object_set_new(card, "details", details(s));
	json_object_set_new(card, "intended_use", intended_use(s));
	json_object_set_new(card, "data", data(s));
	json_object_set_new(card, "training", training(s));
	json_object_set_new(card, "metrics", metrics(s));
	set(card, "slices", json_at(s->evaluation, "slices.worst"));
	set(card, "fairness", json_object_get(s->evaluation, "fairness"));
	json_object_set_new(card, "calibration", calibration(s));
	set(card, "importance", json_object_get(s->evaluation, "importance"));
	set(card, "drivers", json_object_get(s->evaluation, "drivers"));
	json_object_set_new(card, "latency", picked(json_object_get(s->evaluation, "latency"), LATENCY));
	json_object_set_new(card, "gate", picked(s->verdict, GATE));
	json_object_set_new(card, "limits", limits(s));
	json_object_set_new(card, "provenance",
	        json_pack(
	                "{s:o,s:o}", "bundle", digest_json(s->bundle_digest), "data", digest_json(s->snapshot_digest)));
	return card;
}

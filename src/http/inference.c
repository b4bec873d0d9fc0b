/* inference.c: the Open Inference Protocol, version 2, as KServe and Triton speak it: health, metadata, models, repository.
 *
 * Health and readiness of a model answer with JSON, which KServe's client reads and Triton's, which looks at the status only,
 * does not mind. */
#include "http/inference.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "http/tensor.h"
#include "http/openapi.h"

static const char *const PREFIXES[] = {"/v2", "/v2/", NULL};

static bool health(Visit *v, const char *which, GError **error)
{
	bool ready = strcmp(which, "ready") == 0;
	if (!ready && strcmp(which, "live") != 0)
		return visit_no_such_path(v, error);
	bool yes = !ready || site_is_ready(v->site);
	reply_json(v->reply, json_pack("{s:b}", which, yes));
	if (!yes) {
		reply_header(v->reply, "Retry-After", "1");
		v->reply->status = 503;
	}
	return true;
}

static bool server_metadata(Visit *v)
{
	reply_json(v->reply, json_pack("{s:s,s:s,s:[s,s,s,s]}", "name", "gyre", "version", GYRE_VERSION, "extensions",
	                             "binary_tensor_data", "classification", "model_repository", "statistics"));
	return true;
}

static bool list_models(Visit *v)
{
	const RouteTable *t = visit_routes(v);
	json_t *names = json_array();
	for (guint i = 0; i < t->models->len; i++)
		json_array_append_new(names, json_text(((const ModelEntry *)t->models->pdata[i])->name));
	reply_json(v->reply, json_pack("{s:o}", "models", names));
	return true;
}

static json_t *tensor_json(const char *name, const char *type, size_t width)
{
	json_t *shape = json_pack("[i]", -1);
	if (width)
		json_array_append_new(shape, json_integer((json_int_t)width));
	return json_pack("{s:o,s:s,s:o}", "name", json_text(name), "datatype", type, "shape", shape);
}

static json_t *outputs_json(const Served *s)
{
	bool classifies = bundle_classifies(s->bundle);
	json_t *outputs = json_array();
	json_array_append_new(outputs, tensor_json("prediction", classifies ? "BYTES" : "FP64", 0));
	if (classifies)
		json_array_append_new(outputs, tensor_json("probabilities", "FP64", s->outputs));
	return outputs;
}

static json_t *inputs_json(const Served *s)
{
	json_t *inputs = json_array();
	for (size_t i = 0; i < s->inputs; i++)
		json_array_append_new(inputs, tensor_json(s->input_names[i], tensor_type_of(s->input_types[i]), 0));
	return inputs;
}

static bool model_metadata(Visit *v, const char *model, const char *version, GError **error)
{
	const Served *s;
	if (!visit_find(v, model, version, &s, error))
		return false;
	json_t *versions = json_array();
	const ModelEntry *e = route_model(visit_routes(v), model);
	for (guint i = e->versions->len; i-- > 0;) {
		g_autofree char *number = g_strdup_printf("%d", ((const Served *)e->versions->pdata[i])->version);
		json_array_append_new(versions, json_string(number));
	}
	reply_json(v->reply, json_pack("{s:s,s:o,s:s,s:o,s:o}", "name", s->name, "versions", versions, "platform",
	                             "gyre", "inputs", inputs_json(s), "outputs", outputs_json(s)));
	return true;
}

static bool model_ready(Visit *v, const char *model, const char *version, GError **error)
{
	const Served *s;
	if (!visit_find(v, model, version, &s, error))
		return false;
	reply_json(v->reply, json_pack("{s:s,s:b}", "name", s->name, "ready", 1));
	return true;
}

/* Triton's form: dimensions without the batch's. */
static json_t *config_tensors(json_t *tensors)
{
	json_t *tensor, *list = json_array();
	size_t i;
	json_array_foreach (tensors, i, tensor) {
		const char *type = json_get_text(tensor, "datatype", "");
		const json_t *width = json_array_get(json_object_get(tensor, "shape"), 1);
		g_autofree char *name = g_strconcat("TYPE_", strcmp(type, "BYTES") == 0 ? "STRING" : type, NULL);
		json_array_append_new(
		        list, json_pack("{s:O,s:s,s:[I]}", "name", json_object_get(tensor, "name"), "data_type", name,
		                      "dims", (json_int_t)(width ? json_integer_value(width) : 1)));
	}
	json_decref(tensors);
	return list;
}

static bool model_config(Visit *v, const char *model, const char *version, GError **error)
{
	const Served *s;
	if (!visit_find(v, model, version, &s, error))
		return false;
	reply_json(v->reply, json_pack("{s:s,s:s,s:s,s:I,s:o,s:o}", "name", s->name, "platform", "gyre", "backend",
	                             "gyre", "max_batch_size", (json_int_t)v->site->rows_most, "input",
	                             config_tensors(inputs_json(s)), "output", config_tensors(outputs_json(s))));
	return true;
}

static bool model_path(Visit *v, const PathParts *p, GError **error)
{
	const char *model = p->part[2], *version = NULL;
	unsigned n = 3;
	if (n + 1 < p->count && strcmp(p->part[n], "versions") == 0) {
		version = p->part[n + 1];
		n += 2;
	}
	if (p->count > n + 1)
		return visit_no_such_path(v, error);
	const char *verb = p->count > n ? p->part[n] : "";
	if (strcmp(verb, "infer") == 0)
		return inference_infer(v, model, version, error);
	static const struct {
		const char *verb;
		bool (*answer)(Visit *v, const char *model, const char *version, GError **error);
	} LOOKS[] = {
	        {"", model_metadata}, {"ready", model_ready}, {"config", model_config}, {"stats", inference_stats}};
	for (size_t i = 0; i < G_N_ELEMENTS(LOOKS); i++)
		if (strcmp(verb, LOOKS[i].verb) == 0)
			return visit_allows(v, "GET", error) && LOOKS[i].answer(v, model, version, error);
	return visit_no_such_path(v, error);
}

static json_t *index_entry(const char *name, int version, const char *state, const char *reason)
{
	g_autofree char *number = g_strdup_printf("%d", version);
	return json_pack("{s:s,s:s,s:s,s:s}", "name", name, "version", number, "state", state, "reason", reason);
}

/* The body may be empty, or {"ready": true}. */
static bool repository_index(Visit *v, GError **error)
{
	const RouteTable *t = visit_routes(v);
	json_auto_t *body = NULL;
	if (v->request->size && !json_parse("the body", v->request->body, v->request->size, &body, error))
		return false;
	json_t *list = json_array();
	for (guint i = 0; i < t->models->len; i++) {
		const ModelEntry *e = t->models->pdata[i];
		size_t k;
		json_t *problem;
		for (guint n = 0; n < e->versions->len; n++)
			json_array_append_new(list,
			        index_entry(e->name, ((const Served *)e->versions->pdata[n])->version, "READY", ""));
		if (json_get_bool(body, "ready", false))
			continue;
		json_array_foreach (e->problems, k, problem)
			json_array_append_new(list, index_entry(e->name, (int)json_get_int(problem, "version", 0),
			                                    "UNAVAILABLE", json_get_text(problem, "reason", "")));
	}
	reply_json(v->reply, list);
	return true;
}

static bool repository(Visit *v, const PathParts *p, GError **error)
{
	if (!visit_is_own(v, error) || !visit_allows(v, "POST", error))
		return false;
	if (p->count == 3 && strcmp(p->part[2], "index") == 0)
		return repository_index(v, error);
	if (p->count != 5 || strcmp(p->part[2], "models") != 0 || v->site->predicts_only)
		return visit_no_such_path(v, error);
	bool load = strcmp(p->part[4], "load") == 0;
	if (!load && strcmp(p->part[4], "unload") != 0)
		return visit_no_such_path(v, error);
	if (load ? !fleet_load(v->site->fleet, p->part[3], error) : !fleet_unload(v->site->fleet, p->part[3], error))
		return false;
	reply_json(v->reply, json_object());
	return true;
}

static bool route(Visit *v, const PathParts *p, GError **error)
{
	if (p->count >= 3 && strcmp(p->part[1], "repository") == 0)
		return repository(v, p, error);
	if (p->count == 3 && strcmp(p->part[1], "models") == 0 && strcmp(p->part[2], "stats") == 0 &&
	        !route_model(visit_routes(v), "stats"))
		return visit_allows(v, "GET", error) && inference_stats(v, NULL, NULL, error);
	if (p->count >= 3 && strcmp(p->part[1], "models") == 0 && *p->part[2])
		return model_path(v, p, error);
	if (!visit_allows(v, "GET", error))
		return false;
	if (p->count == 1 || (p->count == 2 && !*p->part[1]))
		return server_metadata(v);
	if (p->count == 3 && strcmp(p->part[1], "health") == 0)
		return health(v, p->part[2], error);
	if (strcmp(p->part[1], "models") == 0 && (p->count == 2 || (p->count == 3 && !*p->part[2])))
		return list_models(v);
	return visit_no_such_path(v, error);
}

static bool handle(Visit *v, GError **error)
{
	g_auto(PathParts) p = {0};
	return path_split(v->request->path, &p, error) && route(v, &p, error);
}

static void refuse(unsigned status, const char *sentence, Reply *reply)
{
	reply_json(reply, json_pack("{s:o}", "error", json_text(sentence)));
}

static const Route ROUTES[] = {
        {"GET", "/v2", "name, version and extensions of the server"},
        {"GET", "/v2/health/live", "the process is alive"},
        {"GET", "/v2/health/ready", "every model answers"},
        {"GET", "/v2/models", "the models there are"},
        {"GET", "/v2/models/stats", "statistics of all models"},
        {"GET", "/v2/models/{model}", "inputs and outputs"},
        {"GET", "/v2/models/{model}/ready", "the model answers"},
        {"GET", "/v2/models/{model}/config", "the same as Triton tells it"},
        {"GET", "/v2/models/{model}/stats", "how many were answered, in what time"},
        {"POST", "/v2/models/{model}/infer", "predict tensors", &BODY_TENSORS},
        {"GET", "/v2/models/{model}/versions/{version}", "inputs and outputs of a version"},
        {"POST", "/v2/models/{model}/versions/{version}/infer", "predict tensors by a version", &BODY_TENSORS},
        {"POST", "/v2/repository/index", "the versions that are loaded, and those that cannot be", &BODY_INDEX},
        {"POST", "/v2/repository/models/{model}/load", "load a model of the registry", &BODY_UNLOAD},
        {"POST", "/v2/repository/models/{model}/unload", "take a model out of service", &BODY_UNLOAD},
        {0},
};

const Protocol PROTOCOL_INFERENCE = {
        .name = "inference",
        .help = "the Open Inference Protocol under /v2, as KServe and Triton speak it, with binary tensors",
        .prefixes = PREFIXES,
        .routes = ROUTES,
        .handle = handle,
        .refuse = refuse,
};

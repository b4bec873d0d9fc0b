/* openapi.c: the OpenAPI document put together, and the path it is at: /openapi.json, with ?model=NAME[@VERSION] of one model. */
#include "http/openapi.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "op/op.h"

static json_t *type_schema(ColumnType type)
{
	static const char *const TYPES[COLUMN_TYPES] = {"boolean", "integer", "number", "string", "string"};
	json_t *schema = json_pack("{s:[s,s]}", "type", TYPES[type], "null");
	if (type == COLUMN_TIME)
		json_object_set_new(schema, "description", json_string("ISO 8601, UTC"));
	return schema;
}

static json_t *row_schema(const Served *s)
{
	json_t *properties = json_object(), *required = json_array();
	if (!s)
		return json_pack("{s:s,s:s,s:o,s:o}", "type", "object", "description", "columns by name", "properties",
		        properties, "required", required);
	for (size_t i = 0; i < s->inputs; i++) {
		json_object_set_new(properties, s->input_names[i], type_schema(s->input_types[i]));
		json_array_append_new(required, json_string(s->input_names[i]));
	}
	return json_pack("{s:s,s:o,s:o,s:[o]}", "type", "object", "properties", properties, "required", required,
	        "examples", served_example(s));
}

static json_t *reference(const char *name)
{
	return json_pack("{s:o}", "$ref", json_sprintf("#/components/schemas/%s", name));
}

static void add_parameter(json_t *list, const char *name, const char *in, bool required, json_t *schema)
{
	json_array_append_new(
	        list, json_pack("{s:s,s:s,s:b,s:o}", "name", name, "in", in, "required", required, "schema", schema));
}

/* "{model}" and the like. */
static void add_path_parameters(json_t *list, const char *path)
{
	for (const char *open = strchr(path, '{'); open; open = strchr(open + 1, '{')) {
		g_autofree char *name = g_strndup(open + 1, strcspn(open + 1, "}"));
		add_parameter(list, name, "path", true, json_pack("{s:s}", "type", "string"));
	}
}

static json_t *operation_id(const char *method, const char *path)
{
	g_autofree char *id = g_ascii_strdown(method, -1);
	g_autofree char *whole = g_strconcat(id, path, NULL);
	for (char *c = whole; *c; c++)
		if (!g_ascii_isalnum(*c))
			*c = '_';
	return json_string(whole);
}

static json_t *responses(const char *type)
{
	json_t *answer =
	        json_pack("{s:s,s:{s:{}}}", "description", "the answer", "content", type ? type : "application/json");
	return json_pack("{s:o,s:{s:s,s:{s:{}}}}", "200", answer, "default", "description",
	        "what is wrong, in a sentence that names what is expected", "content", "application/json");
}

static json_t *operation(const char *tag, const char *method, const char *path, const char *help)
{
	json_t *o =
	        json_pack("{s:[s],s:s,s:o}", "tags", tag, "summary", help, "operationId", operation_id(method, path));
	json_t *parameters = json_array();
	add_path_parameters(parameters, path);
	json_object_set_new(o, "parameters", parameters);
	return o;
}

static json_t *body(const BodyKind *kind, const Served *s)
{
	json_t *content = json_pack("{s:o}", "schema", reference(kind->name));
	if (s && kind->example)
		json_object_set_new(content, "example", kind->example(s));
	return json_pack("{s:s,s:{s:o}}", "description", kind->help, "content", "application/json", content);
}

static void add_operation(json_t *paths, const char *path, const char *method, json_t *o)
{
	g_autofree char *lower = g_ascii_strdown(method, -1);
	json_t *at = json_object_get(paths, path);
	if (!at) {
		at = json_object();
		json_object_set_new(paths, path, at);
	}
	json_object_set_new(at, lower, o);
}

/* The path, with the model's own name in a document of one model. */
static char *path_of(const Route *r, const Served *s)
{
	g_auto(GStrv) parts = g_strsplit(r->path, "{model}", 2);
	if (!s || !parts[1])
		return g_strdup(r->path);
	g_autofree char *name = g_uri_escape_string(s->name, NULL, FALSE);
	return g_strconcat(parts[0], name, parts[1], NULL);
}

/* Of one model: what is asked of a model. */
static bool is_told(const Route *r, const Served *s)
{
	if (s && r->body && r->body->fits && !r->body->fits(s))
		return false;
	return !s || strstr(r->path, "{model}") || (r->body && r->body->example);
}

static void add_route(json_t *to, const Protocol *p, const Route *r, const Served *s)
{
	if (!is_told(r, s))
		return;
	g_autofree char *path = path_of(r, s);
	json_t *o = operation(p->name, r->method, path, r->help);
	if (r->query)
		add_parameter(json_object_get(o, "parameters"), r->query, "query", false,
		        json_pack("{s:s}", "type", "string"));
	if (r->body) {
		json_object_set_new(o, "requestBody", body(r->body, s));
		json_t *schemas = json_object_get(json_object_get(to, "components"), "schemas");
		json_auto_t *row = reference("row");
		if (!json_object_get(schemas, r->body->name))
			json_object_set_new(schemas, r->body->name, r->body->schema(row, s));
	}
	json_object_set_new(o, "responses", responses(r->type));
	add_operation(json_object_get(to, "paths"), path, r->method, o);
}

static void add_query(json_t *parameters, const Op *op, const json_t *schema)
{
	for (const Param *p = op->params; p && p->name; p++) {
		json_t *one = json_object_get(json_object_get(schema, "properties"), p->name);
		if (one)
			add_parameter(parameters, p->name, "query", (p->flags & PARAM_REQUIRED) != 0, json_incref(one));
	}
}

static void add_op(json_t *to, const Op *op)
{
	bool reads = op->effect == OP_READ;
	const char *method = reads ? "GET" : "POST";
	g_autofree char *path = g_strconcat("/api/v1/", op->name, NULL);
	g_strdelimit(path, ".", '/');
	json_t *o = operation("ops", method, path, op->help);
	json_auto_t *schema = op->params ? param_schema(op->params) : json_pack("{s:s}", "type", "object");
	if (reads)
		add_query(json_object_get(o, "parameters"), op, schema);
	else
		json_object_set_new(
		        o, "requestBody", json_pack("{s:{s:{s:O}}}", "content", "application/json", "schema", schema));
	json_object_set_new(o, "responses", responses(NULL));
	add_operation(json_object_get(to, "paths"), path, method, o);
}

static json_t *about(const Served *s)
{
	json_t *info = json_pack("{s:s,s:o}", "title", s ? s->name : "Gyre", "version",
	        s ? json_sprintf("%d", s->version) : json_string(GYRE_VERSION));
	g_autofree char *inputs = s ? served_inputs_text(s) : NULL;
	json_object_set_new(info, "description",
	        s ? json_sprintf("The model %s@%d. A row is %s.", s->name, s->version, inputs)
	          : json_string("Predictions by four protocols, and the commands that are for programs elsewhere. "
	                        "?model=NAME gives the document of one model, with requests that can be sent."));
	return info;
}

json_t *openapi_document(const Site *site, const Served *s)
{
	json_t *to = json_pack("{s:s,s:o,s:[{s:s}],s:{},s:{s:{s:o},s:{s:{s:s,s:s,s:s}}}}", "openapi", "3.1.0", "info",
	        about(s), "servers", "url", "/", "paths", "components", "schemas", "row", row_schema(s),
	        "securitySchemes", "token", "type", "http", "scheme", "bearer", "description",
	        "a token of `gyre token create`");
	if (access_asks(site->access))
		json_object_set_new(to, "security", json_pack("[{s:[]}]", "token"));
	for (const Protocol *const *p = PROTOCOLS; *p; p++)
		for (const Route *r = (*p)->routes; r && r->path; r++)
			add_route(to, *p, r, s);
	for (const Op *const *op = OPS; !s && !site->predicts_only && *op; op++)
		if ((*op)->remote)
			add_op(to, *op);
	return to;
}

static bool handle(Visit *v, GError **error)
{
	const Served *s = NULL;
	g_autofree char *model = request_query(v->request, "model");
	char *at = model ? strrchr(model, '@') : NULL;
	if (at)
		*at = '\0';
	if (!visit_allows(v, "GET", error) || (model && !visit_find(v, model, at ? at + 1 : NULL, &s, error)))
		return false;
	reply_json(v->reply, openapi_document(v->site, s));
	return true;
}

static void refuse(unsigned status, const char *sentence, Reply *reply)
{
	reply_json(reply, json_pack("{s:o}", "error", json_text(sentence)));
}

static const char *const PREFIXES[] = {"/openapi.json", NULL};

static const Route ROUTES[] = {
        {"GET", "/openapi.json", "this document, or that of one model", .query = "model"},
        {0},
};

const Protocol PROTOCOL_OPENAPI = {
        .name = "openapi",
        .help = "/openapi.json: all of this for machines; ?model=NAME: of one model, with a request that can be sent",
        .prefixes = PREFIXES,
        .routes = ROUTES,
        .handle = handle,
        .refuse = refuse,
};

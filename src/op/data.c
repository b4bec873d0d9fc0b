/* data.c: the ops on data versions. */
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "op/versions.h"

bool versions_of(const Desk *d, json_t **ret, GError **error)
{
	json_auto_t *rows = NULL;
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	if (!meta_run(d->meta,
	            "SELECT r.outputs, r.run_id, r.created FROM step_results r JOIN step_keys k ON k.key = r.key WHERE "
	            "k.kind = 'ingest' "
	            "ORDER BY r.created DESC",
	            NULL, &rows, error))
		return false;
	json_auto_t *list = json_array();
	size_t i;
	json_t *row;
	json_array_foreach (rows, i, row) {
		json_auto_t *outputs = NULL, *about = NULL;
		const char *text = json_get_text(row, "outputs", "{}");
		if (!json_parse("outputs", text, strlen(text), &outputs, error))
			return false;
		const char *digest = json_get_text(json_object_get(outputs, "snapshot"), "digest", NULL);
		const char *ingest = json_get_text(json_object_get(outputs, "ingest"), "digest", "");
		if (!digest || g_hash_table_contains(seen, digest) || !desk_json(d, ingest, &about, NULL))
			continue;
		json_t *entry = json_pack("{s:s,s:o,s:O,s:o,s:O,s:O,s:O}", "digest", digest, "created",
		        time_json(json_get_int(row, "created", 0)), "rows", json_object_get(about, "rows"), "columns",
		        json_integer((json_int_t)json_array_size(json_object_get(about, "columns"))), "bytes",
		        json_object_get(about, "bytes"), "run", json_object_get(row, "run_id"), "about", about);
		json_array_append_new(list, entry);
		g_hash_table_add(seen, (void *)json_get_text(entry, "digest", ""));
	}
	*ret = json_incref(list);
	return true;
}

json_t *versions_find(const json_t *versions, const char *prefix, GError **error)
{
	json_t *found = NULL, *version;
	size_t i;
	json_array_foreach ((json_t *)versions, i, version) {
		if (!prefix)
			return version;
		if (!g_str_has_prefix(json_get_text(version, "digest", ""), prefix))
			continue;
		if (found) {
			fail(error, FAIL_CONFLICT, "\"%s\" begins more than one data version; give more of it", prefix);
			return NULL;
		}
		found = version;
	}
	if (!found && prefix)
		fail(error, FAIL_NOT_FOUND, "there is no data version \"%s\" (gyre data log lists them)", prefix);
	else if (!found)
		fail(error, FAIL_NOT_FOUND, "there is no data version yet; try: gyre run ingest");
	return found;
}

static const Param NO_PARAMS[] = {{NULL}};

static bool list(App *app, const json_t *in, json_t **ret, GError **error)
{
	Desk d;
	json_t *versions = NULL, *version;
	size_t i;
	(void)in;
	if (!desk_open(app, &d, error))
		return false;
	bool ok = versions_of(&d, &versions, error);
	desk_clear(&d);
	if (!ok)
		return false;
	json_array_foreach (versions, i, version)
		json_object_del(version, "about");
	*ret = json_pack("{s:o}", "versions", versions);
	return true;
}

const Op OP_DATA_LOG = {
        .name = "data.log",
        .help = "list the versions of the data, newest first",
        .more = "JSON: {\"versions\": [{\"digest\", \"created\", \"rows\", \"columns\", \"bytes\", \"run\"}]}",
        .remote = true,
        .params = NO_PARAMS,
        .run = list,
};

static const Param SHOW_PARAMS[] = {
        {"version", PARAM_TEXT, "a version's digest, or its first characters; the newest when absent",
                .flags = PARAM_POSITIONAL},
        {NULL},
};

/* What a step of this kind made of exactly these bytes: its output of that name, or NULL. */
static bool made_of(
        const Desk *d, const char *kind, const char *digest, const char *output, json_t **ret, GError **error)
{
	json_auto_t *row = NULL;
	if (!meta_row(d->meta,
	            "SELECT o.digest FROM lineage i JOIN lineage o ON o.key = i.key JOIN step_keys k ON k.key = i.key "
	            "JOIN step_results r ON r.key "
	            "= i.key WHERE i.role = 'input' AND i.digest = $1 AND o.role = 'output' AND o.name = $2 AND k.kind "
	            "= $3 ORDER BY r.created DESC "
	            "LIMIT 1",
	            json_pack("[s,s,s]", digest, output, kind), &row, error))
		return false;
	*ret = NULL;
	return !row || desk_json(d, json_get_text(row, "digest", ""), ret, error);
}

static bool show_in(const Desk *d, const json_t *in, json_t **ret, GError **error)
{
	json_auto_t *versions = NULL, *checks = NULL;
	if (!versions_of(d, &versions, error))
		return false;
	json_t *version = versions_find(versions, json_get_text(in, "version", NULL), error);
	if (!version || !made_of(d, "verify", json_get_text(version, "digest", ""), "checks", &checks, error))
		return false;
	const json_t *about = json_object_get(version, "about");
	json_object_set(version, "columns", json_object_get(about, "columns"));
	json_object_set(version, "sources", json_object_get(about, "sources"));
	json_object_set(version, "checks", checks ? checks : json_null());
	json_object_del(version, "about");
	*ret = json_incref(version);
	return true;
}

static bool show(App *app, const json_t *in, json_t **ret, GError **error)
{
	Desk d;
	if (!desk_open(app, &d, error))
		return false;
	bool ok = show_in(&d, in, ret, error);
	desk_clear(&d);
	return ok;
}

const Op OP_DATA_SHOW = {
        .name = "data.show",
        .help = "show a version of the data: columns, sources, what the checks said",
        .more = "JSON: {\"digest\", \"created\", \"rows\", \"columns\": [{\"name\",\"type\",\"missing\"}], \"bytes\", "
                "\"run\", \"sources\", \"checks\"}",
        .remote = true,
        .params = SHOW_PARAMS,
        .run = show,
};

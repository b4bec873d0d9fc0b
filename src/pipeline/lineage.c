/* lineage.c: walks over (key, role, digest) by a recursive query.
 *
 * Steps are keys here: an execution from the cache read and wrote the same, so it adds a run but no step.  Making things has
 * no circles, but equal bytes can (a step that copies its input), so the walk ends at a depth of 256. */
#include "pipeline/lineage.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/json.h"

#include <string.h>

#define WALK(FIRST, THEN)                                                                 \
	"WITH RECURSIVE walk (key, depth) AS ("                                           \
	" SELECT key, 1 FROM lineage WHERE digest = $1 AND role = '" FIRST "'"            \
	" UNION"                                                                          \
	" SELECT near.key, walk.depth + 1 FROM walk"                                      \
	" JOIN lineage far ON far.key = walk.key AND far.role = '" THEN "'"               \
	" JOIN lineage near ON near.digest = far.digest AND near.role = '" FIRST "'"      \
	" WHERE walk.depth < 256 AND near.key <> walk.key),"                              \
	" steps (key, depth) AS (SELECT key, MIN(depth) FROM walk GROUP BY key)"          \
	" SELECT s.key, s.depth, r.step, k.kind, r.run_id AS run, r.created FROM steps s" \
	" JOIN step_keys k ON k.key = s.key LEFT JOIN step_results r ON r.key = s.key"    \
	" ORDER BY s.depth, r.created, s.key"

static const char UP[] = WALK("output", "input");
static const char DOWN[] = WALK("input", "output");

static bool add_artifacts(Meta *m, json_t *step, json_t *files, GError **error)
{
	json_auto_t *rows = NULL;
	if (!meta_run(m,
	            "SELECT l.role, l.name, l.digest, f.path FROM lineage l"
	            " LEFT JOIN file_paths f ON f.digest = l.digest AND l.role = 'input' WHERE l.key = $1",
	            json_pack("[O]", json_object_get(step, "key")), &rows, error))
		return false;
	json_t *inputs = json_object(), *outputs = json_object();
	size_t i;
	json_t *row;
	json_array_foreach (rows, i, row) {
		bool is_input = strcmp(json_get_text(row, "role", ""), "input") == 0;
		const char *path = json_get_text(row, "path", NULL);
		json_object_set(
		        is_input ? inputs : outputs, json_get_text(row, "name", ""), json_object_get(row, "digest"));
		if (path)
			json_object_set_new(files, json_get_text(row, "digest", ""), json_string(path));
	}
	json_object_set_new(step, "inputs", inputs);
	json_object_set_new(step, "outputs", outputs);
	return true;
}

static bool add_runs(Meta *m, json_t *step, GError **error)
{
	json_auto_t *rows = NULL;
	if (!meta_run(m,
	            "SELECT DISTINCT run_id, started FROM executions WHERE key = $1 AND status IN ('ran', 'cached')"
	            " ORDER BY started",
	            json_pack("[O]", json_object_get(step, "key")), &rows, error))
		return false;
	json_t *runs = json_array();
	size_t i;
	json_t *row;
	json_array_foreach (rows, i, row)
		json_array_append(runs, json_object_get(row, "run_id"));
	json_object_set_new(step, "runs", runs);
	return true;
}

bool lineage_of(Meta *m, const char *digest, LineageWay way, json_t **ret, GError **error)
{
	json_auto_t *steps = NULL;
	json_auto_t *files = json_object();
	if (!digest_is_valid(digest))
		return fail(error, FAIL_INVALID, "\"%s\" is not a SHA-256 digest", digest);
	if (!meta_run(m, way == LINEAGE_UP ? UP : DOWN, json_pack("[s]", digest), &steps, error))
		return false;
	size_t i;
	json_t *step;
	json_array_foreach (steps, i, step)
		if (!add_artifacts(m, step, files, error) || !add_runs(m, step, error))
			return false;
	*ret = json_pack("{s:s,s:s,s:O,s:O}", "digest", digest, "direction", way == LINEAGE_UP ? "up" : "down", "steps",
	        steps, "files", files);
	return true;
}

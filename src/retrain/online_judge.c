/* online_judge.c: rows that came after a checkpoint, the challenge and the tests on them. */
#include "retrain/online_judge.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "eval/behaviour.h"
#include "registry/registry.h"
#include "retrain/challenge.h"
#include "retrain/online_rows.h"
#include "retrain/retraining.h"

#define MEMORY_MB 1024

static bool read_version(Meta *m, const char *model, int64_t version, json_t **ret, GError **error)
{
	g_autofree char *name = g_strdup_printf("%s@%" G_GINT64_FORMAT, model, version);
	return registry_get(m, name, ret, error);
}

static bool checkpoints_of(Meta *m, const char *model, int64_t root, json_t **ret, GError **error)
{
	return meta_run(m,
	        "SELECT number, version, outcomes FROM online_checkpoints WHERE model = $1 AND root = $2 ORDER BY "
	        "number DESC",
	        json_pack("[s,I]", model, (json_int_t)root), ret, error);
}

static bool may_be_judged(Meta *m, const char *model, int64_t version, bool *ret, GError **error)
{
	json_auto_t *about = NULL, *earlier = NULL;
	if (!read_version(m, model, version, &about, error) ||
	        !retraining_of_version(m, model, version, "", &earlier, error))
		return false;
	*ret = !earlier && json_get_bool(json_at(about, "about.gate"), "pass", false);
	return true;
}

bool online_candidate(const OnlineInput *in, int64_t waiting, int64_t least, json_t **ret, GError **error)
{
	json_auto_t *champion = NULL, *list = NULL, *found = NULL;
	OnlineLast last;
	size_t i;
	json_t *one;
	int64_t after = waiting, learnt = 0, from = 0;
	Meta *m = in->meta;
	const char *model = in->model;
	*ret = NULL;
	if (!registry_alias(m, model, ALIAS_CHAMPION, &champion, error))
		return false;
	int64_t in_use = json_get_int(champion, "version", 0);
	if (!online_last(in, in_use, &last, error) || !checkpoints_of(m, model, last.root, &list, error))
		return false;
	json_array_foreach (list, i, one) {
		if (!last.goes_on || json_get_int(one, "version", 0) == in_use)
			break;
		if (!found && after >= least) {
			from = after;
			found = json_incref(one);
		}
		after += json_get_int(one, "outcomes", 0);
		learnt += found ? json_get_int(one, "outcomes", 0) : 0;
	}
	bool may = false;
	int64_t version = json_get_int(found, "version", 0);
	if (found && !may_be_judged(m, model, version, &may, error))
		return false;
	if (may)
		*ret = json_pack("{s:I,s:I,s:I,s:I}", "version", (json_int_t)version, "checkpoint",
		        (json_int_t)json_get_int(found, "number", 0), "outcomes", (json_int_t)learnt, "rows",
		        (json_int_t)from);
	return true;
}

/* The rows of every checkpoint after that of `version`, as "'file', 'file'"; what is not in the blobs any more is left out. */
static bool later_files(const OnlineInput *in, int64_t version, GString *to, GError **error)
{
	json_auto_t *rows = NULL;
	size_t i;
	json_t *one;
	if (!meta_run(in->meta,
	            "SELECT c.version FROM online_checkpoints c JOIN online_checkpoints b ON b.model = c.model AND "
	            "b.root = "
	            "c.root AND c.number > b.number WHERE c.model = $1 AND b.version = $2 ORDER BY c.number",
	            json_pack("[s,I]", in->model, (json_int_t)version), &rows, error))
		return false;
	json_array_foreach (rows, i, one) {
		json_auto_t *about = NULL;
		g_autofree char *path = NULL;
		if (!read_version(in->meta, in->model, json_get_int(one, "version", 0), &about, error))
			return false;
		const char *digest = json_get_text(json_at(about, "about.lineage"), "outcomes", NULL);
		if (!digest || !blobs_has(in->blobs, digest, -1))
			continue;
		if (!blobs_path(in->blobs, digest, &path, error))
			return false;
		g_autofree char *quoted = sql_path(path);
		g_string_append_printf(to, "%s%s", to->len ? ", " : "", quoted);
	}
	return true;
}

static bool last_of(const OnlineInput *in, OnlineLast *ret, GError **error)
{
	json_auto_t *champion = NULL;
	return registry_alias(in->meta, in->model, ALIAS_CHAMPION, &champion, error) &&
	       online_last(in, json_get_int(champion, "version", 0), ret, error);
}

static bool write_rows(Engine *e, const OnlineInput *in, const Bundle *b, int64_t version, char **ret, GError **error)
{
	g_autoptr(GString) files = g_string_new(NULL);
	OnlineLast last;
	OnlineRows waiting = {0};
	bool ok = later_files(in, version, files, error) && last_of(in, &last, error) &&
	          online_rows_write(e, in, b, &last, &waiting, error);
	if (ok && waiting.path) {
		g_autofree char *quoted = sql_path(waiting.path);
		g_string_append_printf(files, "%s%s", files->len ? ", " : "", quoted);
	}
	g_free(waiting.path);
	if (!ok || !files->len)
		return ok;
	g_autofree char *path = g_build_filename(in->scratch, "later.parquet", NULL);
	g_autofree char *query = g_strdup_printf(
	        "SELECT * REPLACE ((row_number() OVER (ORDER BY _gyre_observed, _gyre_id) - 1)::BIGINT "
	        "AS _gyre_row) FROM "
	        "read_parquet([%s], union_by_name = true, hive_partitioning = false) ORDER BY _gyre_observed, _gyre_id",
	        files->str);
	if (!engine_write_parquet(e, query, path, error))
		return false;
	*ret = g_steal_pointer(&path);
	return true;
}

static bool test_model(Engine *e, const OnlineInput *in, const json_t *tests, const char *rows, const char *bundle_path,
        json_t **ret, GError **error)
{
	g_autoptr(Bundle) b = NULL;
	TestSet t = {0};
	Answers a = {0};
	if (!bundle_load(bundle_path, &b, error))
		return false;
	const BehaviourInput input = {
	        .e = e, .test_path = rows, .bundle_path = bundle_path, .b = b, .t = &t, .a = &a, .seed = in->seed};
	bool ok = score_rows(e, rows, &b, 1, &t, &a, error) && behaviours_run(&input, tests, ret, error);
	answers_clear(&a);
	test_set_clear(&t);
	return ok;
}

/* The first test that failed, as a reason; NULL: none did. */
static const char *failed_test(const json_t *behaviour)
{
	size_t i;
	json_t *test;
	json_array_foreach (json_object_get(behaviour, "tests"), i, test)
		if (!json_get_bool(test, "pass", false))
			return json_get_text(test, "sentence", "a test of the model failed");
	return NULL;
}

typedef struct Contest {
	const OnlineInput *in;
	const json_t *config;
	json_t *champion, *version; /* as registry_get gives them */
	char *path, *rows;          /* the version's bundle; what came after it, or NULL */
	Engine *e;
} Contest;

static bool hold(const Contest *c, json_t **ret, GError **error)
{
	const json_t *tests = json_object_get(c->config, "tests");
	json_auto_t *challenge = NULL, *behaviour = NULL;
	if (!c->rows) {
		*ret = json_pack("{s:b,s:s,s:n,s:n}", "accept", 0, "reason",
		        "no outcome came after it that could judge it", "challenge", "behaviour");
		return true;
	}
	ChallengeInput input = {.meta = c->in->meta,
	        .blobs = c->in->blobs,
	        .champion = c->champion,
	        .challenger = c->version,
	        .rows = c->rows,
	        .config = c->config,
	        .scratch = c->in->scratch,
	        .memory_mb = MEMORY_MB};
	if (!challenge_run(&input, &challenge, error))
		return false;
	bool accept = json_get_bool(challenge, "accept", false);
	if (accept && json_array_size(tests) && !test_model(c->e, c->in, tests, c->rows, c->path, &behaviour, error))
		return false;
	const char *failed = failed_test(behaviour);
	*ret = json_pack("{s:b,s:o,s:O,s:o}", "accept", accept && !failed, "reason",
	        json_text(failed ? failed : json_get_text(challenge, "reason", "")), "challenge", challenge,
	        "behaviour", behaviour ? json_incref(behaviour) : json_null());
	return true;
}

bool online_judge(const OnlineInput *in, const json_t *config, int64_t version, json_t **ret, GError **error)
{
	EngineLimits limits = {1, MEMORY_MB / 2, in->scratch};
	Contest c = {.in = in, .config = config};
	g_autoptr(Engine) e = NULL;
	g_autoptr(Bundle) b = NULL;
	bool ok = registry_alias(in->meta, in->model, ALIAS_CHAMPION, &c.champion, error) &&
	          read_version(in->meta, in->model, version, &c.version, error) &&
	          blobs_path(in->blobs, json_get_text(c.version, "digest", ""), &c.path, error) &&
	          bundle_load(c.path, &b, error) && engine_open(&limits, &e, error);
	if (ok && !c.champion)
		ok = fail(error, FAIL_NOT_FOUND, "%s has no champion to hold version %d against", in->model,
		        (int)version);
	c.e = e;
	ok = ok && write_rows(e, in, b, version, &c.rows, error) && hold(&c, ret, error);
	json_decref(c.champion);
	json_decref(c.version);
	g_free(c.path);
	g_free(c.rows);
	return ok;
}

/* model_card.c: the op `model card`: a version's card as Markdown or JSON. */
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "op/summary.h"
#include "pipeline/run.h"
#include "registry/registry.h"
#include "report/card.h"
#include "track/track.h"

static const char *const FORMATS[] = {"md", "json", NULL};

static const Param PARAMS[] = {
        {"model", PARAM_TEXT, "NAME, NAME@3 or NAME@champion; the project's own model when absent",
                .flags = PARAM_POSITIONAL},
        {"format", PARAM_TEXT, "md: Markdown; json", "\"md\"", .choices = FORMATS},
        {"output", PARAM_TEXT, "file to write; standard output when absent", .letter = 'o', .unit = "FILE"},
        {NULL},
};

/* What the story is told from: a run's artifacts, owned. */
typedef struct Told {
	json_t *ingest, *checks, *split, *trials, *evaluation, *verdict;
} Told;

static void told_clear(Told *t)
{
	json_t *all[] = {t->ingest, t->checks, t->split, t->trials, t->evaluation, t->verdict};
	for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
		json_decref(all[i]);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Told, told_clear)

static bool read_told(const Desk *d, const json_t *record, Told *t, GError **error)
{
	return summary_artifact(d, record, "ingest", "ingest", &t->ingest, error) &&
	       summary_artifact(d, record, "verify", "checks", &t->checks, error) &&
	       summary_artifact(d, record, "split", "split", &t->split, error) &&
	       summary_artifact(d, record, "train", "trials", &t->trials, error) &&
	       summary_artifact(d, record, "evaluate", "evaluation", &t->evaluation, error) &&
	       summary_artifact(d, record, "gate", "verdict", &t->verdict, error);
}

static void set_time(json_t *object, const char *key, const json_t *from)
{
	json_object_set_new(object, key, time_json(json_get_int(from, key, 0)));
}

/* What only the registry and the run know. */
static void add_record(json_t *card, const json_t *version, const json_t *record, const json_t *tags)
{
	static const struct {
		const char *tag, *key;
	} TAGS[] = {{"mlflow.source.git.commit", "commit"}, {"gyre.config", "config"}, {"gyre.git.diff", "diff"},
	        {"gyre.version", "gyre"}};
	json_t *details = json_object_get(card, "details"), *training = json_object_get(card, "training"),
	       *provenance = json_object_get(card, "provenance");
	const json_t *train = summary_step(record, "train"), *seed = json_object_get(tags, "gyre.seed");
	json_object_set(details, "name", json_object_get(version, "name"));
	json_object_set(details, "version", json_object_get(version, "version"));
	json_object_set(details, "aliases", json_object_get(version, "aliases"));
	set_time(details, "created", version);
	json_object_set_new(training, "seed", seed ? json_incref((json_t *)seed) : json_null());
	json_object_set(training, "cpu_seconds", json_object_get(train, "cpu_seconds"));
	json_object_set(training, "peak_mb", json_object_get(train, "peak_mb"));
	json_object_set(provenance, "run", json_object_get(version, "run_id"));
	for (size_t i = 0; i < G_N_ELEMENTS(TAGS); i++)
		if (json_object_get(tags, TAGS[i].tag))
			json_object_set(provenance, TAGS[i].key, json_object_get(tags, TAGS[i].tag));
}

/* Moves of aliases to or from this version. */
static bool add_approvals(const Desk *d, json_t *card, const json_t *version, GError **error)
{
	json_auto_t *moves = NULL;
	json_t *mine = json_array(), *move;
	size_t i;
	int64_t number = json_get_int(version, "version", 0);
	json_object_set_new(card, "approvals", mine);
	if (!registry_moves(d->meta, json_get_text(version, "name", ""), &moves, error))
		return false;
	json_array_foreach (moves, i, move) {
		if (json_get_int(move, "to", -1) != number && json_get_int(move, "from", -1) != number)
			continue;
		json_object_set_new(move, "at", time_json(json_get_int(move, "at", 0)));
		json_array_append(mine, move);
	}
	return true;
}

static bool make_card(const Desk *d, const char *reference, json_t **ret, GError **error)
{
	json_auto_t *version = NULL, *record = NULL, *tracked = NULL, *card = NULL;
	g_auto(Told) t = {0};
	if (!registry_get(d->meta, reference, &version, error))
		return false;
	const char *run_id = json_get_text(version, "run_id", NULL);
	if (!run_id)
		return fail(error, FAIL_NOT_FOUND, "%s comes from no run, so there is nothing to make its card of",
		        reference);
	if (!plan_run_record(d->meta, run_id, &record, error) || !track_get(d->meta, run_id, &tracked, error) ||
	        !read_told(d, record, &t, error))
		return false;
	const json_t *yaml = yaml_root(d->project->yaml);
	Story s = {.project = json_object_get(yaml, "project"),
	        .goal = json_object_get(yaml, "goal"),
	        .data = json_object_get(yaml, "data"),
	        .kpi = json_object_get(yaml, "kpi"),
	        .ingest = t.ingest,
	        .checks = t.checks,
	        .split = t.split,
	        .trials = t.trials,
	        .evaluation = t.evaluation,
	        .verdict = t.verdict,
	        .snapshot_digest =
	                json_get_text(json_object_get(summary_step(record, "ingest"), "outputs"), "snapshot", NULL),
	        .bundle_digest = json_get_text(version, "digest", NULL)};
	card = card_of(&s);
	add_record(card, version, record, json_object_get(tracked, "tags"));
	if (json_object_get(yaml, "monitor"))
		json_object_set(card, "monitoring", json_object_get(yaml, "monitor"));
	if (!add_approvals(d, card, version, error))
		return false;
	*ret = json_incref(card);
	return true;
}

static bool hand_over(const App *app, const json_t *in, json_t *card, json_t **ret, GError **error)
{
	const char *output = json_get_text(in, "output", NULL);
	bool as_json = g_str_equal(json_get_text(in, "format", "md"), "json");
	g_autofree char *text = as_json ? json_dumps(card, JSON_INDENT(2)) : card_markdown(card);
	if (output) {
		if (!file_write(output, text, strlen(text), error))
			return false;
		*ret = json_pack("{s:s,s:I}", "output", output, "bytes", (json_int_t)strlen(text));
	} else if (app->is_json) {
		*ret = json_incref(card);
	} else {
		g_autofree char *line = g_strconcat(text, as_json ? "\n" : "", NULL);
		*ret = json_pack("{s:o}", "text", json_text(line));
	}
	return true;
}

static bool run(App *app, const json_t *in, json_t **ret, GError **error)
{
	Desk d;
	json_auto_t *card = NULL;
	if (!desk_open(app, &d, error))
		return false;
	const char *given = json_get_text(in, "model", NULL);
	bool ok = make_card(&d, given ? given : json_get_text(yaml_root(d.project->yaml), "project", ""), &card, error);
	desk_clear(&d);
	return ok && hand_over(app, in, card, ret, error);
}

const Op OP_MODEL_CARD = {
        .name = "model.card",
        .help = "write a model's card: what it is for, how good it is, where it fails, where it comes from",
        .more = "JSON (--json, or --format json): {\"card\": 1, \"details\", \"intended_use\", \"data\", \"training\", "
                "\"metrics\", "
                "\"slices\",\n"
                "\"fairness\", \"calibration\", \"importance\", \"drivers\", \"latency\", \"gate\", \"limits\", "
                "\"approvals\", \"provenance\"}; docs/explain.md has\n"
                "their members. With --output {\"output\", \"bytes\"}.",
        .params = PARAMS,
        .run = run,
};

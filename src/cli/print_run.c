/* print_run.c: the screen at the end of `gyre run`, and the plan of `gyre status`. */
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "cli/print.h"
#include "cli/table.h"

static void print_steps(FILE *out, const json_t *result)
{
	size_t i, ran = 0, cached = 0;
	double seconds = 0;
	json_t *step;
	json_array_foreach (json_object_get(result, "steps"), i, step) {
		const char *status = json_get_text(step, "status", "");
		ran += strcmp(status, "ran") == 0;
		cached += strcmp(status, "cached") == 0;
		seconds += strcmp(status, "ran") == 0 ? json_get_number(step, "seconds", 0) : 0;
		if (strcmp(status, "failed") == 0) {
			g_autofree char *word = shell_word(json_get_text(step, "name", "?"));
			fprintf(out, "\nfailed: %s\n  %s\n  log: gyre logs %.8s %s\n", json_get_text(step, "name", "?"),
			        json_get_text(step, "error", "no reason known"), json_get_text(result, "run", ""),
			        word);
		}
	}
	g_autofree char *time = seconds_text(seconds);
	fprintf(out, "\nrun %.8s: %zu steps run in %s, %zu unchanged\n", json_get_text(result, "run", ""), ran, time,
	        cached);
}

static size_t failed_checks(const json_t *checks)
{
	size_t i, failed = 0;
	json_t *check;
	json_array_foreach (json_object_get(checks, "checks"), i, check)
		failed += !json_get_bool(check, "pass", true);
	return failed;
}

/* The rows are shuffled although a column orders them in time. */
static void print_split_warning(FILE *out, const json_t *stretches)
{
	const char *sentence = json_get_text(stretches, "sentence", NULL);
	g_autofree char *text =
	        g_strdup_printf("the split is at random although there is a time. %s", sentence ? sentence : "");
	if (sentence)
		print_wrapped(out, "Warning   ", text);
}

static void print_data(FILE *out, const json_t *summary)
{
	const json_t *data = json_object_get(summary, "data"), *checks = json_object_get(summary, "checks");
	g_autofree char *rows = count_text(json_object_get(data, "rows"));
	fprintf(out, "\nData      version %.12s: %s rows, %zu columns\n", json_get_text(data, "digest", "-"), rows,
	        json_array_size(json_object_get(data, "columns")));
	if (json_is_object(checks)) {
		g_autofree char *bad = count_text(json_object_get(checks, "quarantined"));
		fprintf(out, "          %zu checks, %zu not passed, %s rows in quarantine\n",
		        json_array_size(json_object_get(checks, "checks")), failed_checks(checks), bad);
	}
	const json_t *split = json_object_get(summary, "split");
	if (!json_is_object(split))
		return;
	g_autofree char *train = count_text(json_object_get(split, "train")),
	                *valid = count_text(json_object_get(split, "valid"));
	g_autofree char *test = count_text(json_object_get(split, "test"));
	fprintf(out, "          %s rows to train, %s to choose by, %s to test\n", train, valid, test);
	print_split_warning(out, json_object_get(summary, "stretches"));
}

static int by_value(const void *a, const void *b, void *larger)
{
	double x = json_get_number(*(json_t *const *)a, "_value", NAN),
	       y = json_get_number(*(json_t *const *)b, "_value", NAN);
	int sign = *(bool *)larger ? -1 : 1;
	if (isnan(x) || isnan(y))
		return isnan(x) - isnan(y);
	return x < y ? -sign : x > y ? sign : 0;
}

static void print_trials(FILE *out, const json_t *summary)
{
	enum { SHOWN = 3 };
	const json_t *trials = json_object_get(summary, "trials"), *list = json_object_get(trials, "trials");
	const char *metric = json_get_text(trials, "metric", "");
	size_t count = json_array_size(list);
	bool larger = strcmp(json_get_text(trials, "direction", "max"), "min") != 0;
	if (!count)
		return;
	g_autofree json_t **sorted = g_new(json_t *, count);
	for (size_t i = 0; i < count; i++) {
		sorted[i] = json_array_get(list, i);
		json_t *value = json_object_get(json_object_get(sorted[i], "metrics"), metric);
		json_object_set(sorted[i], "_value", value ? value : json_null());
	}
	g_qsort_with_data(sorted, (gint)count, sizeof *sorted, by_value, &larger);
	g_autoptr(GString) text = g_string_new(NULL);
	g_string_append_printf(text, "%zu, by %s on rows kept from training:", count, metric);
	for (size_t i = 0; i < MIN(count, (size_t)SHOWN); i++) {
		g_autofree char *value = number_text(json_object_get(sorted[i], "_value"), 4);
		g_string_append_printf(text, "%s %s %s", i ? "," : "", json_get_text(sorted[i], "family", "?"), value);
	}
	fputc('\n', out);
	print_wrapped(out, "Trials    ", text->str);
}

static char *interval_text(const json_t *figure)
{
	g_autofree char *value = number_text(json_object_get(figure, "value"), 4);
	g_autofree char *low = number_text(json_object_get(figure, "low"), 4),
	                *high = number_text(json_object_get(figure, "high"), 4);
	if (!json_is_number(json_object_get(figure, "low")))
		return g_steal_pointer(&value);
	return g_strdup_printf("%s (%s to %s)", value, low, high);
}

static void print_metrics(FILE *out, const json_t *summary)
{
	static const char *const FIRST[] = {
	        "roc_auc", "pr_auc", "log_loss", "brier", "accuracy", "f1", "rmse", "mae", "r2", NULL};
	static const char *const HEADS[] = {"Test", "model (95 % interval)", "baseline", NULL};
	const json_t *metrics = json_object_get(summary, "metrics"), *baseline = json_object_get(summary, "baseline");
	if (!json_is_object(metrics))
		return;
	const char *own = json_get_text(summary, "metric", "");
	Table *table = table_new(HEADS);
	for (int pass = 0; pass < 2; pass++)
		for (const char *const *name = pass ? FIRST : (const char *const[]){own, NULL}; *name; name++) {
			const json_t *figure = json_object_get(metrics, *name);
			if (!json_is_number(json_object_get(figure, "value")) || (pass && g_strcmp0(*name, own) == 0))
				continue;
			g_autofree char *value = interval_text(figure);
			g_autofree char *base =
			        number_text(json_object_get(json_object_get(baseline, *name), "value"), 4);
			table_add(table, *name, value, base, NULL);
		}
	fputc('\n', out);
	table_print(table, out, NULL);
}

/* What the whole search is worth, beside what it said of its winners. */
static void print_nested(FILE *out, const json_t *nested)
{
	if (!json_is_object(nested))
		return;
	g_autofree char *figure = interval_text(nested), *chosen = number_text(json_object_get(nested, "chosen"), 4);
	fprintf(out, "\nNested    %s %s over %zu folds judged by searches of their own, which said %s\n",
	        json_get_text(nested, "metric", ""), figure, json_array_size(json_object_get(nested, "folds")), chosen);
}

static void print_slices(FILE *out, const json_t *summary)
{
	enum { SHOWN = 3 };
	static const char *const HEADS[] = {"Where it fails", ">rows", ">loss", ">elsewhere", NULL};
	const json_t *slices = json_object_get(summary, "slices"), *worst = json_object_get(slices, "worst");
	if (!json_array_size(worst))
		return;
	Table *table = table_new(HEADS);
	for (size_t i = 0; i < MIN(json_array_size(worst), (size_t)SHOWN); i++) {
		const json_t *slice = json_array_get(worst, i);
		g_autofree char *rows = count_text(json_object_get(slice, "rows")),
		                *loss = number_text(json_object_get(slice, "loss"), 3);
		g_autofree char *rest = number_text(json_object_get(slice, "rest"), 3);
		table_add(table, json_get_text(slice, "slice", "?"), rows, loss, rest, NULL);
	}
	fputc('\n', out);
	table_print(table, out, NULL);
}

static void print_gate(FILE *out, const json_t *result)
{
	const json_t *gate = json_object_get(result, "gate");
	size_t i;
	json_t *criterion;
	if (!json_is_object(gate))
		return;
	fprintf(out, "\nGate      %s\n", json_get_bool(gate, "pass", false) ? "passed" : "NOT passed");
	json_array_foreach (json_object_get(json_object_get(result, "summary"), "criteria"), i, criterion)
		print_wrapped(out, json_get_bool(criterion, "pass", false) ? "          yes " : "          NO  ",
		        json_get_text(criterion, "sentence", ""));
}

static void print_next(FILE *out, const json_t *result)
{
	const json_t *model = json_object_get(result, "model");
	if (!json_is_object(model))
		return;
	const char *name = json_get_text(model, "name", "?");
	int version = (int)json_get_int(model, "version", 0);
	bool champion = json_get_bool(model, "champion", false);
	fprintf(out, "\nModel     %s@%d, %s, digest %.12s\n", name, version,
	        champion ? "the champion" : "not the champion", json_get_text(model, "digest", ""));
	if (json_get_text(model, "note", NULL))
		print_wrapped(out, "          ", json_get_text(model, "note", ""));
	const char *report = json_get_text(json_object_get(result, "summary"), "report", NULL);
	if (report)
		fprintf(out, "Report    %s\n", report);
	g_autofree char *all = g_strdup_printf("%s@%d", name, version), *word = shell_word(name),
	                *exact = shell_word(all);
	int width = (int)text_width(word);
	fprintf(out,
	        "\nNext      gyre report %*s  the report as a file to hand on\n"
	        "          gyre predict %s ROWS.csv  score rows\n"
	        "          gyre model show %s %*s  where the model comes from\n",
	        width + 10, "", word, word, 5, "");
	bool rejected = strcmp(json_get_text(result, "status", ""), "rejected") == 0;
	if (!champion && !rejected && json_get_bool(json_object_get(result, "gate"), "pass", false))
		fprintf(out, "          gyre deploy %s %*s  put it into use\n", exact, 7, "");
	if (!champion && !json_get_bool(json_object_get(result, "gate"), "pass", true))
		fprintf(out, "          gyre model promote %s --override --by NAME --reason WHY\n", exact);
}

void print_run(FILE *out, const json_t *result)
{
	const json_t *summary = json_object_get(result, "summary");
	print_steps(out, result);
	if (json_get_text(json_object_get(summary, "data"), "digest", NULL))
		print_data(out, summary);
	print_trials(out, summary);
	print_metrics(out, summary);
	print_nested(out, json_object_get(summary, "nested"));
	print_slices(out, summary);
	print_gate(out, result);
	print_next(out, result);
}

/* How deep a step stands below the first ones: one more than the deepest of those it needs. */
static size_t depth_of(const json_t *steps, const json_t *step)
{
	size_t depth = 0, i, k;
	json_t *need, *other;
	json_array_foreach (json_object_get(step, "needs"), i, need)
		json_array_foreach ((json_t *)steps, k, other)
			if (strcmp(json_get_text(other, "name", ""), json_string_value(need)) == 0)
				depth = MAX(depth, depth_of(steps, other) + 1);
	return depth;
}

void print_status(FILE *out, const json_t *result)
{
	static const char *const HEADS[] = {"step", "status", ">took", "why", NULL};
	const json_t *steps = json_object_get(result, "steps");
	Table *table = table_new(HEADS);
	size_t i;
	json_t *step;
	json_array_foreach ((json_t *)steps, i, step) {
		size_t depth = depth_of(steps, step);
		g_autofree char *indent = g_strnfill(depth ? 2 * (depth - 1) : 0, ' ');
		g_autofree char *name =
		        g_strdup_printf("%s%s%s", indent, depth ? "└ " : "", json_get_text(step, "name", "?"));
		g_autofree char *took = seconds_text(json_get_number(step, "seconds", NAN));
		table_add(table, name, json_get_text(step, "status", "?"), took, json_get_text(step, "why", ""), NULL);
	}
	table_print(table, out, "no steps");
}

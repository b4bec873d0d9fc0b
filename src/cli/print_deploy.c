/* print_deploy.c: deployments on the screen. */
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "cli/print.h"
#include "cli/table.h"

static void print_trial(FILE *out, const json_t *check)
{
	g_autofree char *requests = count_text(json_object_get(check, "requests")),
	                *p50 = number_text(json_object_get(check, "p50_ms"), 3),
	                *p99 = number_text(json_object_get(check, "p99_ms"), 3);
	if (!check)
		return;
	fprintf(out, "check     %s", json_get_bool(check, "pass", false) ? "passed" : "NOT PASSED");
	if (json_is_number(json_object_get(check, "p99_ms")))
		fprintf(out, ": %s requests from the %s, half within %s ms, 99 %% within %s ms", requests,
		        strcmp(json_get_text(check, "from", ""), "log") == 0 ? "prediction log" : "example", p50, p99);
	fputc('\n', out);
	if (json_get_text(check, "reason", NULL))
		print_wrapped(out, "          ", json_get_text(check, "reason", ""));
}

static void print_deployment(FILE *out, const json_t *d)
{
	const json_t *params = json_object_get(d, "params"), *check = json_at(d, "evidence.check");
	const char *reason = json_get_text(d, "reason", NULL), *ended = json_get_text(d, "ended", NULL),
	           *sticky = json_get_text(params, "sticky", NULL), *why = json_get_text(d, "ended_reason", NULL);
	double percent = json_get_number(params, "percent", 0);
	fprintf(out, "%s version %d: %s\n", json_get_text(d, "model", ""), (int)json_get_int(d, "version", 0),
	        json_get_text(d, "state", ""));
	fprintf(out, "strategy  %s", json_get_text(d, "strategy", ""));
	if (percent > 0)
		fprintf(out, ", %g %% of the requests%s%s", percent, sticky ? ", by the header " : "",
		        sticky ? sticky : "");
	fputc('\n', out);
	if (json_is_integer(json_object_get(d, "stable")))
		fprintf(out, "beside    version %d\n", (int)json_get_int(d, "stable", 0));
	fprintf(out, "begun     %s by %s%s%s\n", json_get_text(d, "created", ""), json_get_text(d, "who", ""),
	        reason ? ": " : "", reason ? reason : "");
	print_trial(out, check);
	if (ended)
		fprintf(out, "ended     %s by %s\n", ended, json_get_text(d, "ended_by", ""));
	if (why)
		print_wrapped(out, "          ", why);
	if (json_get_text(d, "undone", NULL))
		fprintf(out, "taken back %s\n", json_get_text(d, "undone", ""));
}

void print_deploy(FILE *out, const json_t *result)
{
	print_deployment(out, result);
	if (strcmp(json_get_text(result, "state", ""), "running") == 0)
		fputs("\nnext: gyre deploy status, gyre deploy promote, gyre deploy rollback\n", out);
}

void print_deploy_check(FILE *out, const json_t *result)
{
	fprintf(out, "%s version %d\n", json_get_text(result, "model", ""), (int)json_get_int(result, "version", 0));
	print_trial(out, json_object_get(result, "check"));
}

static void print_routes(FILE *out, const json_t *routes)
{
	static const char *const HEADS[] = {
	        "route", ">requests", ">failed", ">half within", ">95 % within", ">99 % within", NULL};
	Table *table = table_new(HEADS);
	size_t i;
	json_t *r;
	json_array_foreach ((json_t *)routes, i, r) {
		double requests = json_get_number(r, "requests", 0);
		g_autofree char *count = count_text(json_object_get(r, "requests")),
		                *failed = g_strdup_printf("%.3g %%", 100 * json_get_number(r, "errors", 0) / requests),
		                *p50 = g_strdup_printf("%.3g ms", json_get_number(r, "p50_ms", NAN)),
		                *p95 = g_strdup_printf("%.3g ms", json_get_number(r, "p95_ms", NAN)),
		                *p99 = g_strdup_printf("%.3g ms", json_get_number(r, "p99_ms", NAN));
		table_add(table, json_get_text(r, "route", ""), count, failed, p50, p95, p99, NULL);
	}
	fputc('\n', out);
	table_print(table, out, "No server has answered a request of it yet.");
}

static void print_shadow(FILE *out, const json_t *shadow)
{
	if (!json_is_object(shadow))
		return;
	g_autofree char *rows = count_text(json_object_get(shadow, "rows")),
	                *different = count_text(json_object_get(shadow, "different")),
	                *dropped = count_text(json_object_get(shadow, "dropped")),
	                *mean = number_text(json_object_get(shadow, "mean_difference"), 3),
	                *most = number_text(json_object_get(shadow, "largest_difference"), 3);
	fprintf(out,
	        "\nOf %s rows that both answered, %s are decided differently (%.3g %%); scores are %s apart in the "
	        "mean, "
	        "%s at\nmost.  Requests for which the shadow had no room: %s.\n",
	        rows, different, 100 * json_get_number(shadow, "share", NAN), mean, most, dropped);
}

/* A share, or a latency in microseconds. */
static char *figure_text(const json_t *finding, const char *key)
{
	double value = json_get_number(finding, key, NAN);
	if (isnan(value))
		return g_strdup("-");
	if (strcmp(json_get_text(finding, "bound", ""), "latency") == 0)
		return g_strdup_printf("%.3g ms", value / 1000);
	return g_strdup_printf("%.3g %%", value * 100);
}

static void print_verdict(FILE *out, const json_t *verdict, const json_t *params)
{
	static const char *const HEADS[] = {"bound", "seen", ">stable", ">candidate", ">value", ">limit", "", NULL};
	if (!verdict) {
		fprintf(out, "\nNothing is judged yet: that takes %d requests of each.\n",
		        (int)json_get_int(params, "min_requests", 0));
		return;
	}
	Table *table = table_new(HEADS);
	size_t i;
	json_t *f;
	json_array_foreach (json_object_get(verdict, "findings"), i, f) {
		g_autofree char *stable = figure_text(f, "stable"), *candidate = figure_text(f, "candidate"),
		                *value = number_text(json_object_get(f, "value"), 3),
		                *limit = number_text(json_object_get(f, "limit"), 3);
		bool is_all = strcmp(json_get_text(f, "span", ""), "all") == 0;
		table_add(table, json_get_text(f, "bound", ""), is_all ? "in all" : "lately", stable, candidate, value,
		        limit,
		        json_get_bool(f, "left", false)     ? "LEFT"
		        : json_get_bool(f, "enough", false) ? "kept"
		                                            : "too few",
		        NULL);
	}
	fprintf(out, "\nLook %d\n", (int)json_get_int(verdict, "look", 0));
	table_print(table, out, NULL);
}

static void print_before(FILE *out, const json_t *before)
{
	static const char *const HEADS[] = {">version", "strategy", "state", "begun", "ended by", "why", NULL};
	if (!json_array_size(before))
		return;
	Table *table = table_new(HEADS);
	size_t i;
	json_t *d;
	json_array_foreach ((json_t *)before, i, d) {
		g_autofree char *version = g_strdup_printf("%d", (int)json_get_int(d, "version", 0));
		table_add(table, version, json_get_text(d, "strategy", ""), json_get_text(d, "state", ""),
		        json_get_text(d, "created", ""), json_get_text(d, "ended_by", NULL),
		        json_get_text(d, "ended_reason", NULL), NULL);
	}
	print_head(out, "Before it");
	table_print(table, out, NULL);
}

void print_deploy_status(FILE *out, const json_t *result)
{
	const json_t *d = json_object_get(result, "deployment");
	if (!json_is_object(d)) {
		fprintf(out, "No version of %s was deployed yet; try: gyre deploy\n",
		        json_get_text(result, "model", ""));
		return;
	}
	print_deployment(out, d);
	print_routes(out, json_object_get(d, "routes"));
	print_shadow(out, json_object_get(d, "shadow"));
	if (json_array_size(json_object_get(d, "routes")))
		print_verdict(out, json_at(d, "evidence.verdict"), json_object_get(d, "params"));
	print_before(out, json_object_get(result, "before"));
}

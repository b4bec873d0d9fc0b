/* main.c (cli): runs one command line: parse, call the op, print its result or its error. */
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "cli/cli.h"

static int report(const GError *error, bool as_json)
{
	int status = fail_exit_status(error);
	if (as_json) {
		json_auto_t *object = json_pack(
		        "{s:{s:s,s:o}}", "error", "code", fail_name(error), "message", json_text(error->message));
		g_autofree char *text = json_pretty(object);
		puts(text);
	}
	g_autofree char *line = g_strdup_printf("gyre: %s\n", error->message);
	print_plain(stderr, line);
	return status;
}

static int finish(FILE *out, int status)
{
	if (fflush(out) == 0 && !ferror(out))
		return status;
	fprintf(stderr, "gyre: cannot write the result: %s\n", g_strerror(errno));
	return STATUS_OUTSIDE;
}

static int run_op(const Call *call, const json_t *global)
{
	g_autoptr(GError) error = NULL;
	bool as_json = json_get_bool(global, "json", false);
	json_auto_t *in = NULL, *result = NULL;
	App app = {
	        .folder = json_get_text(global, "project", "."),
	        .is_quiet = json_get_bool(global, "quiet", false),
	        .is_json = as_json,
	};
	if (!param_fill(call->op->params, NULL, call->in, &in, &error) || !call->op->run(&app, in, &result, &error))
		return report(error, as_json);
	if (as_json) {
		g_autofree char *text = json_pretty(result);
		puts(text);
	} else {
		print_result(stdout, call->op, result);
	}
	return finish(stdout, app.status);
}

static int run_call(const Call *call)
{
	g_autoptr(GError) error = NULL;
	json_auto_t *global = NULL;
	if (!param_fill(GLOBAL_PARAMS, NULL, call->global, &global, &error))
		return report(error, false);
	if (call->op && !json_get_bool(global, "help", false))
		return run_op(call, global);
	if (call->op)
		help_print_op(stdout, call->op);
	else
		help_print(stdout, call->prefix);
	return finish(stdout, STATUS_DONE);
}

int cli_run(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	Call call = {0};
	int status = cli_parse(argc, argv, &call, &error)
	                     ? run_call(&call)
	                     : report(error, g_strv_contains((const char *const *)argv, "--json"));
	cli_call_clear(&call);
	return status;
}

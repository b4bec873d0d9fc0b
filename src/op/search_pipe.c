/* search_pipe.c: the op `search pipe`: tunes any program that reads and writes lines.  Needs no project. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "op/op.h"
#include "op/search_space.h"
#include "search/study.h"

static const Param PARAMS[] = {
        {"space", PARAM_JSON, "file with the parameters (JSON), or the JSON itself", .flags = PARAM_REQUIRED,
                .unit = "FILE"},
        STUDY_PARAM_ROWS("1"),
        {NULL},
};

bool search_space(const json_t *given, json_t **ret, GError **error)
{
	if (json_is_string(given))
		return json_read_file(json_string_value(given), ret, error);
	*ret = json_incref((json_t *)given);
	return true;
}

static bool say(const json_t *line, GError **error)
{
	char *text = json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(17));
	bool ok = text && puts(text) >= 0 && fflush(stdout) == 0;
	free(text);
	return ok || fail(error, FAIL_UNAVAILABLE, "the trial could not be written: nobody reads it");
}

/* All trials that may be under way now. */
static bool say_trials(Study *s, GError **error)
{
	bool is_waiting;
	int64_t parallel = json_get_int(s->settings, "parallel", 1), under_way = 0;
	for (guint i = 0; i < s->trials->len; i++)
		under_way += ((const StudyTrial *)s->trials->pdata[i])->tried.state == TRIED_RUNNING;
	for (; under_way < MAX(parallel, 1); under_way++) {
		const StudyTrial *t;
		if (!study_ask(s, &t, &is_waiting, error))
			return false;
		if (!t)
			break;
		json_auto_t *line = json_pack("{s:I,s:O}", "trial", (json_int_t)t->tried.number, "params", t->params);
		if (!say(line, error))
			return false;
	}
	return true;
}

/* A line without its end, NULL when there is no more. */
static bool read_line(GString *line, bool *ret_any, GError **error)
{
	int c = EOF;
	g_string_truncate(line, 0);
	while ((c = getc_unlocked(stdin)) != EOF && c != '\n') {
		if (line->len >= LIMIT_SEARCH_LINE)
			return fail(error, FAIL_LIMIT, "it is longer than %d bytes", LIMIT_SEARCH_LINE);
		g_string_append_c(line, (char)c);
	}
	*ret_any = c != EOF || line->len > 0;
	return true;
}

static bool is_word(const char *at)
{
	return g_ascii_isalnum(*at) || *at == '_';
}

/* What Python's json writes for numbers that are none is no JSON: NaN, Infinity and -Infinity become null, outside of texts. */
static void spell_nulls(GString *line)
{
	static const char *const WORDS[] = {"NaN", "-Infinity", "Infinity", NULL};
	bool in_text = false;
	for (size_t i = 0; i < line->len; i++) {
		if (line->str[i] == '\\' && in_text)
			i++;
		else if (line->str[i] == '"')
			in_text = !in_text;
		for (const char *const *w = WORDS; !in_text && i < line->len && *w; w++) {
			size_t length = strlen(*w);
			if (strncmp(line->str + i, *w, length) == 0 && (i == 0 || !is_word(line->str + i - 1)) &&
			        !is_word(line->str + i + length)) {
				g_string_erase(line, (gssize)i, (gssize)length);
				g_string_insert(line, (gssize)i, "null");
				i += strlen("null") - 1;
				break;
			}
		}
	}
}

static bool hear(Study *s, GString *line, GError **error)
{
	spell_nulls(line);
	json_auto_t *message = NULL, *answer = NULL;
	if (!json_parse("JSON", line->str, line->len, &message, error) || !study_hear(s, message, &answer, error))
		return false;
	return (!answer || say(answer, error)) && say_trials(s, error);
}

static bool is_finished(const Study *s)
{
	bool running = false;
	for (guint i = 0; i < s->trials->len; i++)
		running = running || ((const StudyTrial *)s->trials->pdata[i])->tried.state == TRIED_RUNNING;
	return !running;
}

/* Trials that are all over without a new one being said: there is nothing left to try. */
static bool talk(Study *s, GError **error)
{
	g_autoptr(GString) line = g_string_new(NULL);
	bool any = true;
	if (!say_trials(s, error))
		return false;
	for (unsigned number = 1; !is_finished(s); number++) {
		g_autoptr(GError) problem = NULL;
		bool ok = read_line(line, &any, &problem);
		g_strstrip(line->str);
		line->len = strlen(line->str);
		if (ok && !any)
			break;
		if (ok && line->len > 0)
			ok = hear(s, line, &problem);
		if (!ok)
			return fail(error, problem->code == FAIL_UNAVAILABLE ? FAIL_UNAVAILABLE : FAIL_INVALID,
			        "line %u: %s", number, problem->message);
	}
	return true;
}

static bool run(App *app, const json_t *in, json_t **ret, GError **error)
{
	g_autoptr(Study) s = NULL;
	json_auto_t *space = NULL, *settings = json_copy((json_t *)in);
	json_object_del(settings, "space");
	(void)app;
	if (!search_space(json_object_get(in, "space"), &space, error) || !study_new(space, settings, &s, error) ||
	        !talk(s, error))
		return false;
	const StudyTrial *best = study_best(s);
	*ret = json_pack("{s:I,s:o}", "trials", (json_int_t)s->trials->len, "best",
	        best ? study_trial_json(s, best) : json_null());
	return true;
}

const Op OP_SEARCH_PIPE = {
        .name = "search.pipe",
        .help = "tune any program: writes trials as lines of JSON, reads what came of them",
        .more = "Writes {\"trial\": 0, \"params\": {...}} on a line of its own, then reads lines about it:\n"
                "  {\"trial\": 0, \"value\": 1.2}               it is done; null, NaN, Infinity: it failed\n"
                "  {\"trial\": 0, \"values\": [1.2, 3]}         the same with several objectives\n"
                "  {\"trial\": 0, \"step\": 5, \"value\": 1.3}    on its way; with --pruner it is answered by\n"
                "                                           {\"trial\": 0, \"prune\": true or false}\n"
                "  {\"trial\": 0, \"pruned\": true}, {\"trial\": 0, \"failed\": true}\n"
                "and writes the next trial.  Smaller values are better unless --direction max.  Ends with status 0\n"
                "at the end of the input, after --trials, or when nothing is left to try; with 2 at a line it does\n"
                "not understand, which it names.\n"
                "A space is {name: {\"type\": \"real\"|\"int\"|\"text\", \"min\", \"max\", \"log\", \"choices\", "
                "\"when\": {other: "
                "value}}}: docs/search.md.\n"
                "JSON, after the last trial: {\"trials\": n, \"best\": {\"trial\", \"state\", \"params\", \"value\", "
                "\"steps\"}|null}",
        .params = PARAMS,
        .run = run,
};

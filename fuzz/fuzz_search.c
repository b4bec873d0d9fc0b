/* fuzz_search.c: any space, and any lines said to a search of it.  The first line is the space; each further one a message.  Every
 * point that is asked for can be read back. */
#include <stdint.h>
#include <string.h>

#include "base/json.h"
#include "search/study.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(Study *s)
{
	const StudyTrial *t = NULL;
	bool is_waiting;
	if (!study_ask(s, &t, &is_waiting, NULL) || !t)
		return;
	g_autofree double *point = g_new(double, s->space->count);
	json_auto_t *told = study_trial_json(s, t);
	g_assert_true(space_point(s->space, json_object_get(told, "params"), point, NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	g_auto(GStrv) lines = g_strsplit(text, "\n", 40);
	json_auto_t *space = NULL, *settings = json_pack("{s:s,s:s,s:i}", "pruner", "hyperband", "method",
	                                   STUDY_METHODS[size % 6], "parallel", (int)(size % 3));
	g_autoptr(Study) s = NULL;
	if (!lines[0] || !json_parse("space", lines[0], strlen(lines[0]), &space, NULL) ||
	        !study_new(space, settings, &s, NULL))
		return 0;
	ask(s);
	for (char **line = lines + 1; *line; line++) {
		json_auto_t *message = NULL, *answer = NULL;
		if (json_parse("message", *line, strlen(*line), &message, NULL))
			study_hear(s, message, &answer, NULL);
		ask(s);
	}
	return 0;
}

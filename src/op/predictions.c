/* predictions.c: where scored rows go. */
#include "op/predictions.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "op/rows.h"

/* JSON is held whole in memory: about 300 bytes a row. */
enum { JSON_ROWS = 1000000 };

struct Sink {
	Engine *e;
	const Bundle *b;
	char *path, *temporary;
	FILE *out; /* CSV */
	json_t *list;
	bool is_parquet, has_head;
};

bool sink_open(Engine *e, const Bundle *b, const char *path, bool as_json, Sink **ret, GError **error)
{
	g_autoptr(Sink) s = g_new0(Sink, 1);
	s->e = e;
	s->b = b;
	if (path) {
		s->path = g_strdup(path);
		s->temporary = g_strdup_printf("%s.%d.tmp", path, (int)getpid());
		s->is_parquet = g_str_has_suffix(path, ".parquet");
	}
	if (!path && as_json)
		s->list = json_array();
	else
		s->out = path ? fopen(s->temporary, "we") : stdout;
	if (!s->out && !s->list)
		return fail_errno(error, errno, "cannot write %s", path);
	if (s->is_parquet) /* it is written at the end; that it can be is known before anything is scored */
		fclose(g_steal_pointer(&s->out));
	*ret = g_steal_pointer(&s);
	return true;
}

/* A column of the rows that is called as an answer is kept as "input.NAME", as in the prediction log.  Names that differ only in case
 * would be one column of Parquet. */
static void add_answer(Frame *f, Column *answer)
{
	for (guint i = 0; i < f->columns->len; i++) {
		Column *own = f->columns->pdata[i];
		if (g_ascii_strcasecmp(own->name, answer->name) != 0)
			continue;
		g_autofree char *name = g_strconcat("input.", own->name, NULL);
		g_free(own->name);
		own->name = g_steal_pointer(&name);
	}
	frame_add(f, answer);
}

/* prediction, and for classes probability_LABEL for each. */
static void add_answers(const Sink *s, Frame *f, const double *scores)
{
	size_t outputs = bundle_outputs(s->b);
	bool classifies = bundle_classifies(s->b);
	Column *prediction = column_new("prediction", classifies ? COLUMN_TEXT : COLUMN_REAL, f->rows, NULL);
	for (size_t i = 0; i < f->rows; i++) {
		if (!classifies) {
			prediction->reals[i] = scores[i];
			continue;
		}
		const char *label = bundle_class(s->b, bundle_decide(s->b, scores + i * outputs));
		prediction->codes[i] = dictionary_code(prediction->dictionary, label, strlen(label));
	}
	add_answer(f, prediction);
	for (size_t c = 0; classifies && c < outputs; c++) {
		g_autofree char *name = g_strdup_printf("probability_%s", bundle_class(s->b, c));
		Column *probability = column_new(name, COLUMN_REAL, f->rows, NULL);
		for (size_t i = 0; i < f->rows; i++)
			probability->reals[i] = scores[i * outputs + c];
		add_answer(f, probability);
	}
}

static bool print_rows(Sink *s, const Frame *f, GError **error)
{
	rows_print_csv(s->out, f, &s->has_head);
	return !ferror(s->out) || fail_errno(error, errno, "cannot write %s", s->path ? s->path : "the predictions");
}

static json_t *answer_json(const Sink *s, const double *scores)
{
	if (!bundle_classifies(s->b))
		return json_pack("{s:o}", "prediction", json_number(scores[0]));
	json_t *probabilities = json_object();
	for (size_t c = 0; c < bundle_outputs(s->b); c++)
		json_object_set_new(probabilities, bundle_class(s->b, c), json_number(scores[c]));
	const char *label = bundle_class(s->b, bundle_decide(s->b, scores));
	return json_pack("{s:s,s:o}", "prediction", label, "probabilities", probabilities);
}

static bool gather(Sink *s, const Frame *rows, const double *scores, GError **error)
{
	if (json_array_size(s->list) + rows->rows > JSON_ROWS)
		return fail(error, FAIL_LIMIT, "more than %d rows as JSON: give --output FILE.csv or FILE.parquet",
		        JSON_ROWS);
	for (size_t i = 0; i < rows->rows; i++)
		json_array_append_new(s->list, answer_json(s, scores + i * bundle_outputs(s->b)));
	return true;
}

bool sink_add(Sink *s, const Frame *rows, const double *scores, GError **error)
{
	if (s->list)
		return gather(s, rows, scores, error);
	g_autoptr(Frame) f = frame_copy(rows);
	add_answers(s, f, scores);
	return s->is_parquet ? engine_append(s->e, "predictions", f, error) : print_rows(s, f, error);
}

static bool close_file(Sink *s, GError **error)
{
	bool ok = fflush(s->out) == 0 && (!s->path || fsync(fileno(s->out)) == 0);
	int number = errno;
	if (s->path) {
		ok &= fclose(s->out) == 0;
		s->out = NULL;
	}
	return ok || fail_errno(error, number, "cannot write %s", s->path ? s->path : "the predictions");
}

bool sink_finish(Sink *s, GError **error)
{
	if (s->list)
		return true;
	if (s->is_parquet ? !engine_write_parquet(s->e, "SELECT * FROM predictions", s->temporary, error)
	                  : !close_file(s, error))
		return false;
	if (s->path && rename(s->temporary, s->path) < 0)
		return fail_errno(error, errno, "cannot write %s", s->path);
	g_clear_pointer(&s->temporary, g_free);
	return true;
}

json_t *sink_take_json(Sink *s)
{
	return g_steal_pointer(&s->list);
}

void sink_free(Sink *s)
{
	if (!s)
		return;
	if (s->out && s->path)
		fclose(s->out);
	if (s->temporary)
		unlink(s->temporary);
	json_decref(s->list);
	g_free(s->temporary);
	g_free(s->path);
	g_free(s);
}

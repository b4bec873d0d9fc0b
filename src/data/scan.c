/* scan.c: the questions become columns a0, a1, ... of one SELECT. */
#include "data/scan.h"

#include "base/json.h"

struct Scan {
	GPtrArray *expressions;
	GHashTable *numbers; /* expression to its number + 1; keys are those of expressions */
	json_t *answers;
};

Scan *scan_new(void)
{
	Scan *s = g_new0(Scan, 1);
	s->expressions = g_ptr_array_new_with_free_func(g_free);
	s->numbers = g_hash_table_new(g_str_hash, g_str_equal);
	return s;
}

void scan_free(Scan *s)
{
	if (!s)
		return;
	g_hash_table_unref(s->numbers);
	g_ptr_array_unref(s->expressions);
	json_decref(s->answers);
	g_free(s);
}

guint scan_ask(Scan *s, const char *expression)
{
	guint known = GPOINTER_TO_UINT(g_hash_table_lookup(s->numbers, expression));
	if (known)
		return known - 1;
	char *own = g_strdup(expression);
	g_ptr_array_add(s->expressions, own);
	g_hash_table_insert(s->numbers, own, GUINT_TO_POINTER(s->expressions->len));
	return s->expressions->len - 1;
}

guint scan_askf(Scan *s, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	g_autofree char *expression = g_strdup_vprintf(format, args);
	va_end(args);
	return scan_ask(s, expression);
}

bool scan_run(Scan *s, Engine *e, const char *from, GError **error)
{
	g_autoptr(GString) sql = g_string_new("SELECT count(*) AS rows");
	for (guint i = 0; i < s->expressions->len; i++)
		g_string_append_printf(sql, ", %s AS a%u", (char *)s->expressions->pdata[i], i);
	g_string_append_printf(sql, " FROM %s", from);
	json_decref(s->answers);
	s->answers = NULL;
	return engine_row(e, sql->str, &s->answers, error);
}

const json_t *scan_answer(const Scan *s, guint question)
{
	char key[16];
	g_snprintf(key, sizeof key, "a%u", question);
	return json_object_get(s->answers, key);
}

int64_t scan_count(const Scan *s, guint question)
{
	const json_t *answer = scan_answer(s, question);
	return json_is_real(answer) ? (int64_t)json_real_value(answer) : json_integer_value(answer);
}

/* constraints.c: constraints by names of features, turned into XGBoost's lists of numbers. */
#include "model/constraints.h"

#include <string.h>

#include "base/error.h"
#include "base/param.h"

enum { NAMES_TOLD = 20 };

static const char *name_of(const View *view, const Matrix *x, size_t j)
{
	return x->names ? x->names[view->column[j]] : "";
}

static bool no_such_feature(const Matrix *x, const char *param, const char *name, GError **error)
{
	const char *near = x->names ? nearest_name(name, (const char *const *)x->names) : NULL;
	g_autoptr(GString) there = g_string_new(NULL);
	for (size_t j = 0; x->names && j < MIN(x->columns, (size_t)NAMES_TOLD); j++)
		g_string_append_printf(there, "%s%s", j ? ", " : "", x->names[j]);
	if (x->columns > NAMES_TOLD)
		g_string_append_printf(there, " and %zu more", x->columns - NAMES_TOLD);
	return fail(error, FAIL_INVALID, "%s: there is no feature \"%s\"%s%s%s; features are: %s", param, name,
	        near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "", there->str);
}

static bool is_feature(const Matrix *x, const char *pattern)
{
	for (char **name = x->names; name && *name; name++)
		if (g_pattern_match_simple(pattern, *name))
			return true;
	return false;
}

static bool check_list(const Matrix *x, const json_t *list, GError **error)
{
	size_t i;
	json_t *one;
	if (!json_is_array(list))
		return fail(error, FAIL_INVALID, "interactions: lists of names of features are expected");
	json_array_foreach (list, i, one) {
		const char *pattern = json_string_value(one);
		if (!pattern)
			return fail(error, FAIL_INVALID, "interactions: a list holds names of features");
		if (!is_feature(x, pattern))
			return no_such_feature(x, "interactions", pattern, error);
	}
	return true;
}

static bool check_monotone(const Matrix *x, const json_t *given, GError **error)
{
	const char *pattern;
	json_t *one;
	if (!json_is_object(given))
		return fail(error, FAIL_INVALID, "monotone: names of features with 1 or -1 are expected");
	json_object_foreach ((json_t *)given, pattern, one) {
		json_int_t asked = json_integer_value(one);
		if (!json_is_integer(one) || asked < -1 || asked > 1)
			return fail(
			        error, FAIL_INVALID, "monotone: \"%s\" needs 1 (rising), -1 (falling) or 0", pattern);
		if (!is_feature(x, pattern))
			return no_such_feature(x, "monotone", pattern, error);
	}
	return true;
}

static bool check_interactions(const Matrix *x, const json_t *given, GError **error)
{
	size_t i;
	json_t *list;
	if (!json_is_array(given))
		return fail(error, FAIL_INVALID, "interactions: a list of lists of names is expected");
	json_array_foreach (given, i, list)
		if (!check_list(x, list, error))
			return false;
	return true;
}

bool constraints_check(const Matrix *x, const json_t *monotone, const json_t *interactions, GError **error)
{
	return check_monotone(x, monotone, error) && check_interactions(x, interactions, error);
}

bool constraints_monotone(const View *view, const Matrix *x, const json_t *given, char **ret, GError **error)
{
	g_autofree int *sign = g_new0(int, MAX(view->columns, (size_t)1));
	const char *pattern;
	json_t *one;
	if (!check_monotone(x, given, error))
		return false;
	json_object_foreach ((json_t *)given, pattern, one) {
		json_int_t asked = json_integer_value(one);
		for (size_t j = 0; j < view->columns; j++) {
			if (!g_pattern_match_simple(pattern, name_of(view, x, j)))
				continue;
			if (view->categories[j] && asked)
				return fail(error, FAIL_INVALID,
				        "monotone: \"%s\" are categories: a score cannot rise with them",
				        name_of(view, x, j));
			sign[j] = (int)asked;
		}
	}
	g_autoptr(GString) text = g_string_new("(");
	for (size_t j = 0; j < view->columns; j++)
		g_string_append_printf(text, "%s%d", j ? "," : "", sign[j]);
	g_string_append_c(text, ')');
	*ret = json_object_size(given) ? g_strdup(text->str) : NULL;
	return true;
}

static void add_list(const View *view, const Matrix *x, const json_t *list, GString *text)
{
	size_t i, before = 0, begin = text->len;
	json_t *one;
	g_string_append(text, text->len > 1 ? ",[" : "[");
	json_array_foreach (list, i, one)
		for (size_t j = 0; j < view->columns; j++)
			if (g_pattern_match_simple(json_string_value(one), name_of(view, x, j)))
				g_string_append_printf(text, "%s%zu", before++ ? "," : "", j);
	g_string_append_c(text, ']');
	if (before == 0) /* all its features are out of view */
		g_string_truncate(text, begin);
}

bool constraints_interactions(const View *view, const Matrix *x, const json_t *given, char **ret, GError **error)
{
	g_autoptr(GString) text = g_string_new("[");
	size_t i;
	json_t *list;
	if (!check_interactions(x, given, error))
		return false;
	json_array_foreach (given, i, list)
		add_list(view, x, list, text);
	g_string_append_c(text, ']');
	*ret = json_array_size(given) ? g_strdup(text->str) : NULL;
	return true;
}

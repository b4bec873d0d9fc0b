/* roles.c: roles of columns, and the target as numbers. */
#include "feature/roles.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "feature/categories.h"
#include "feature/outline.h"
#include "feature/recipe.h"
#include "feature/pick.h"

const char *roles_refuse(const json_t *roles, const char *name)
{
	if (strcmp(json_get_text(roles, "target", ""), name) == 0)
		return "is the target: no feature may be made of it";
	if (names_contain(json_object_get(roles, "drop"), name))
		return "is in data.drop: no feature may be made of it";
	if (strcmp(json_get_text(roles, "weight", ""), name) == 0)
		return "is the weight of the rows: no feature may be made of it";
	if (strcmp(json_get_text(roles, "group", ""), name) == 0)
		return "names the group of the rows: no feature may be made of it";
	if (g_str_has_prefix(name, "_gyre_"))
		return "is the program's own: no feature may be made of it";
	return NULL;
}

const json_t *roles_classes(const json_t *roles)
{
	if (strcmp(json_get_text(roles, "task", ""), "classification") != 0)
		return NULL;
	return json_object_get(roles, "classes");
}

static bool class_values(const Column *target, const json_t *roles, double *ret, GError **error)
{
	g_autoptr(Dictionary) classes = NULL;
	g_autoptr(Column) own = NULL;
	if (!categories_load(roles_classes(roles), &classes, error))
		return false;
	const Column *texts = category_view(target, &own);
	g_autofree uint32_t *places = g_new(uint32_t, MAX(target->rows, (size_t)1));
	categories_find(classes, texts, places);
	for (size_t i = 0; i < target->rows; i++)
		ret[i] = places[i] == CATEGORY_MISSING ? NAN : places[i] == CATEGORY_UNSEEN ? -1 : (double)places[i];
	return true;
}

bool target_values(const Frame *rows, const json_t *roles, double *ret, GError **error)
{
	const char *name = json_get_text(roles, "target", "");
	const Column *target = rows_find(rows, name);
	if (!target)
		return fail(error, FAIL_INVALID, "the target column \"%s\" is not in the data", name);
	if (strcmp(json_get_text(roles, "task", ""), "classification") == 0)
		return class_values(target, roles, ret, error);
	if (target->type == COLUMN_TEXT || target->type == COLUMN_TIME)
		return fail(error, FAIL_INVALID, "the target \"%s\" is of type %s; a regression needs a number", name,
		        column_type_name(target->type));
	for (size_t i = 0; i < rows->rows; i++) {
		double value = column_number(target, i);
		ret[i] = isfinite(value) ? value : NAN;
	}
	return true;
}

bool weight_values(const Column *weights, double *ret, GError **error)
{
	for (size_t i = 0; i < weights->rows; i++) {
		ret[i] = column_number(weights, i);
		if (ret[i] < 0 || ret[i] > LIMIT_WEIGHT)
			return fail(error, FAIL_INVALID,
			        "column \"%s\": a row has the weight %g; weights are numbers from 0 to %g",
			        weights->name, ret[i], LIMIT_WEIGHT);
	}
	return true;
}

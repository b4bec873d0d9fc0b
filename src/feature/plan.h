/* plan.h: a list of transforms checked against the columns there are: what reads what, and in which pass it can
 * learn. */
#pragma once

#include "base/param.h"
#include "feature/transform.h"

typedef struct PlanItem {
	const TransformKind *kind;
	json_t *params; /* filled; columns are names */
	char *place;    /* "features[1]", or "default" for what the program chose */
	char *note;     /* why, for what the program chose; may be NULL */
	bool learns;
	/* Learns while the rows are read for the (pass+1)-th time; with nothing to learn: can be applied then. */
	unsigned pass;
} PlanItem;

typedef struct RecipePlan {
	GPtrArray *items; /* of PlanItem * */
	Outline *outline; /* the columns in the end */
	json_t *inputs;   /* raw columns that features are made of: [{"name","type"}...], in the schema's order */
	unsigned passes;
} RecipePlan;

/* plan: a list as recipe_plan gives it. */
bool recipe_plan_compile(
        const json_t *plan, const json_t *schema, const json_t *roles, RecipePlan **ret, GError **error);
void recipe_plan_free(RecipePlan *p);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RecipePlan, recipe_plan_free)
bool plan_sees_target(const RecipePlan *p);

/* Is a column of the end a feature (as far as names and roles say)? */
bool plan_is_feature(const RecipePlan *p, const json_t *roles, const char *name, ColumnType type);

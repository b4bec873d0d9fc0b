/* row_program.c: recipes compiled to steps over places, and run. */
#include "feature/row_program.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "feature/chain.h"
#include "feature/trace.h"

struct RowProgram {
	size_t inputs, features, places;
	GArray *steps;     /* of RowStep */
	uint32_t *feature; /* the place of each */
};

struct RowCompiler {
	RowProgram *program;
	GHashTable *names; /* name -> place + 1 */
	GArray *types;     /* of ColumnType, by place */
	RowStep step;
	bool is_refused;
};

static bool place_of(const RowCompiler *c, const char *name, uint32_t *ret)
{
	guint place = GPOINTER_TO_UINT(g_hash_table_lookup(c->names, name));
	*ret = place - 1;
	return place > 0;
}

static void add_place(RowCompiler *c, const char *name, ColumnType type)
{
	g_hash_table_insert(c->names, g_strdup(name), GUINT_TO_POINTER(c->types->len + 1));
	g_array_append_val(c->types, type);
}

void row_run(RowCompiler *c, RowRun *run)
{
	c->step.run = run;
}

void row_append(RowCompiler *c, const char *name, ColumnType type)
{
	if (g_hash_table_contains(c->names, name))
		row_refuse(c);
	add_place(c, name, type);
}

void row_replace(RowCompiler *c, const char *name, ColumnType type)
{
	add_place(c, name, type);
}

void row_remove(RowCompiler *c, const char *name)
{
	g_hash_table_remove(c->names, name);
}

ColumnType row_type(const RowCompiler *c, uint32_t i)
{
	return g_array_index(c->types, ColumnType, c->step.from[i]);
}

void row_refuse(RowCompiler *c)
{
	c->is_refused = true;
}

static bool bind_columns(RowCompiler *c, const Link *link)
{
	uint32_t count = 0;
	while (params_column(link->params, count))
		count++;
	c->step.from = g_new(uint32_t, count + 1);
	for (c->step.reads = 0; c->step.reads < count; c->step.reads++)
		if (!place_of(c, params_column(link->params, c->step.reads), &c->step.from[c->step.reads]) ||
		        !(link->kind->takes >> row_type(c, c->step.reads) & 1))
			return false;
	return true;
}

static bool compile_link(RowCompiler *c, const Link *link)
{
	if (!link->kind->compile)
		return false;
	c->step = (RowStep){.t = link->t, .into = c->types->len};
	if (!link->kind->blind && !bind_columns(c, link)) {
		g_free(c->step.from);
		return false;
	}
	link->kind->compile(link->t, c);
	if (c->step.run)
		g_array_append_val(c->program->steps, c->step);
	else
		g_free(c->step.from);
	return !c->is_refused;
}

static bool compile_all(RowCompiler *c, const RecipeTrace *recipe)
{
	RowProgram *p = c->program;
	size_t i;
	json_t *input;
	json_array_foreach ((json_t *)recipe->inputs, i, input) {
		ColumnType type = COLUMN_REAL;
		column_type_from_name(json_string_value(json_object_get(input, "type")), &type);
		row_append(c, json_string_value(json_object_get(input, "name")), type);
	}
	for (guint k = 0; k < recipe->links->len; k++)
		if (!compile_link(c, recipe->links->pdata[k]))
			return false;
	for (size_t f = 0; f < p->features; f++) {
		if (!place_of(c, recipe->names[f], &p->feature[f]))
			return false;
		ColumnType type = g_array_index(c->types, ColumnType, p->feature[f]);
		if (type == COLUMN_TEXT || type == COLUMN_TIME)
			return false;
	}
	p->places = c->types->len;
	return !c->is_refused;
}

RowProgram *row_program_new(const Recipe *r)
{
	RecipeTrace recipe = recipe_trace(r);
	RowProgram *p = g_new0(RowProgram, 1);
	p->inputs = json_array_size(recipe.inputs);
	p->features = recipe.features;
	p->feature = g_new0(uint32_t, p->features + 1);
	p->steps = g_array_new(FALSE, FALSE, sizeof(RowStep));
	RowCompiler c = {.program = p,
	        .names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
	        .types = g_array_new(FALSE, FALSE, sizeof(ColumnType))};
	bool ok = compile_all(&c, &recipe);
	g_hash_table_unref(c.names);
	g_array_unref(c.types);
	if (!ok)
		g_clear_pointer(&p, row_program_free);
	return p;
}

void row_program_free(RowProgram *p)
{
	if (!p)
		return;
	for (guint i = 0; i < p->steps->len; i++)
		g_free(g_array_index(p->steps, RowStep, i).from);
	g_array_unref(p->steps);
	g_free(p->feature);
	g_free(p);
}

size_t row_program_inputs(const RowProgram *p)
{
	return p->inputs;
}

void row_scratch_clear(RowScratch *s)
{
	arena_clear(&s->texts);
	g_free(s->places);
	*s = (RowScratch){0};
}

/* Infinity is missing, and a number too large for a float is the largest float, as in recipe.c. */
static float feature_value(const RowValue *v)
{
	if (v->is_missing)
		return NAN;
	if (v->type == COLUMN_BOOL)
		return v->truth;
	if (v->type != COLUMN_REAL)
		return (float)v->integer;
	return isfinite(v->real) ? (float)CLAMP(v->real, -FLT_MAX, FLT_MAX) : NAN;
}

void row_program_run(const RowProgram *p, const RowValue *values, size_t rows, RowScratch *s, float *into)
{
	const RowStep *steps = (const RowStep *)(const void *)p->steps->data;
	if (s->room < p->places) {
		s->places = g_renew(RowValue, s->places, p->places);
		s->room = p->places;
	}
	for (size_t i = 0; i < rows; i++, values += p->inputs, into += p->features) {
		if (p->inputs)
			memcpy(s->places, values, p->inputs * sizeof *values);
		for (guint k = 0; k < p->steps->len; k++)
			steps[k].run(&steps[k], s->places, &s->texts);
		for (size_t f = 0; f < p->features; f++)
			into[f] = feature_value(&s->places[p->feature[f]]);
		arena_reset(&s->texts);
	}
}

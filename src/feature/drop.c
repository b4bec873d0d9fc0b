/* drop.c: leaves columns out.  Earlier transforms may have read them. */
#include "feature/kinds.h"

static const Param PARAMS[] = {
        PARAM_COLUMNS("columns that are no features; patterns such as \"id_*\" are allowed"),
        {0},
};

static void outline(const json_t *params, Outline *columns)
{
	outline_remove(columns, params_column(params, 0));
}

static bool load(const json_t *params, const json_t *state, void **ret, GError **error)
{
	*ret = g_strdup(params_column(params, 0));
	return true;
}

static bool apply(const void *t, Frame *rows, GError **error)
{
	frame_remove(rows, t);
	return true;
}

static void compile(const void *t, RowCompiler *to)
{
	row_remove(to, t);
}

const TransformKind TRANSFORM_DROP = {
        .name = "drop",
        .help = "leaves columns out",
        .params = PARAMS,
        .takes = TAKES_ANY,
        .each = true,
        .blind = true,
        .outline = outline,
        .load = load,
        .apply = apply,
        .compile = compile,
        .free = g_free,
};

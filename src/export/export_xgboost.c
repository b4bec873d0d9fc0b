/* export_xgboost.c: trees as a model of XGBoost's own JSON format, which its packages load.
 *
 * The recipe is not in it: XGBoost takes features, in the order of `gyre predict --features`, with categories as codes.  Margins are
 * the same sums; where ours are moved and scaled (regression), the leaves are, so that margins are the answers.  The fields are those of
 * XGBoost's doc/model.schema; statistics that only its training reads are 0.
 *
 * tree:  left_children[i] -1: a leaf, whose value is split_conditions[i]; parents[0] is 2147483647 */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "export/export.h"

#define NO_PARENT 2147483647

/* One list a field, as it grows. */
static void add(json_t *tree, const char *field, json_t *value)
{
	json_t *list = json_object_get(tree, field);
	if (!list) {
		list = json_array();
		json_object_set_new(tree, field, list);
	}
	json_array_append_new(list, value);
}

/* float32 to the bit. */
static json_t *number(float value)
{
	return json_real((double)value);
}

/* The categories that go right. */
static void add_set(json_t *tree, const Trees *t, const TreeNode *n, int64_t node)
{
	const uint32_t *set = t->sets + tree_node_set(n);
	size_t first = json_array_size(json_object_get(tree, "categories")), size = 0;
	for (uint32_t c = 0; c < set[0] * 32; c++) {
		if (!(set[1 + c / 32] >> c % 32 & 1))
			continue;
		add(tree, "categories", json_integer(c));
		size++;
	}
	add(tree, "categories_nodes", json_integer(node));
	add(tree, "categories_segments", json_integer((json_int_t)first));
	add(tree, "categories_sizes", json_integer((json_int_t)size));
}

static void add_node(json_t *tree, const Trees *t, uint32_t first, uint32_t at, float scale)
{
	const TreeNode *n = &t->nodes[at];
	int64_t left = n->is_split ? (int64_t)n->left - first : -1;
	float cover = t->cover ? t->cover[at] : 0, value = n->by_set ? 0 : n->is_split ? n->value : n->value * scale;
	add(tree, "left_children", json_integer(left));
	add(tree, "right_children", json_integer(n->is_split ? left + 1 : -1));
	add(tree, "split_indices", json_integer(n->is_split ? n->feature : 0));
	add(tree, "split_conditions", number(value));
	add(tree, "split_type", json_integer(n->by_set));
	add(tree, "default_left", json_integer(n->is_split && !n->missing_right));
	add(tree, "base_weights", number(n->is_split ? 0 : value));
	add(tree, "loss_changes", json_real(0));
	add(tree, "sum_hessian", number(cover));
	if (n->by_set)
		add_set(tree, t, n, at - first);
}

static json_t *parents_of(const Trees *t, uint32_t tree)
{
	uint32_t first = t->start[tree], count = t->start[tree + 1] - first;
	g_autofree int64_t *parent = g_new(int64_t, count);
	json_t *list = json_array();
	parent[0] = NO_PARENT;
	for (uint32_t i = 0; i < count; i++) {
		const TreeNode *n = &t->nodes[first + i];
		if (n->is_split)
			parent[n->left - first] = parent[n->left - first + 1] = i;
	}
	for (uint32_t i = 0; i < count; i++)
		json_array_append_new(list, json_integer(parent[i]));
	return list;
}

static json_t *tree_json(const Trees *t, uint32_t tree, float scale)
{
	static const char *const SETS[] = {"categories", "categories_nodes", "categories_segments", "categories_sizes"};
	json_t *out = json_object();
	uint32_t first = t->start[tree];
	for (size_t i = 0; i < G_N_ELEMENTS(SETS); i++)
		json_object_set_new(out, SETS[i], json_array());
	for (uint32_t at = first; at < t->start[tree + 1]; at++)
		add_node(out, t, first, at, scale);
	json_object_set_new(out, "parents", parents_of(t, tree));
	json_object_set_new(out, "id", json_integer(tree));
	g_autofree char *nodes = g_strdup_printf("%u", t->start[tree + 1] - first),
	                *features = g_strdup_printf("%u", t->columns);
	json_object_set_new(out, "tree_param",
	        json_pack("{s:s,s:s,s:s,s:s}", "num_deleted", "0", "num_feature", features, "num_nodes", nodes,
	                "size_leaf_vector", "0"));
	return out;
}

/* What makes answers of margins, in XGBoost's words. */
typedef struct Objective {
	const char *name;
	double base, scale; /* base: as an answer, which XGBoost turns into a margin; scale: of leaves */
} Objective;

static bool objective_of(const Trees *t, Objective *ret, GError **error)
{
	switch (t->link) {
	case LINK_LOGISTIC:
		*ret = (Objective){"binary:logistic", 0.5, 1};
		return true;
	case LINK_SOFTMAX:
		*ret = (Objective){"multi:softprob", 0, 1};
		return true;
	case LINK_SCALED:
		*ret = (Objective){"reg:squarederror", t->shift, t->scale};
		return true;
	case LINK_EXPONENTIAL:
		*ret = (Objective){"reg:gamma", t->scale, 1};
		return true;
	default:
		return fail(error, FAIL_INVALID,
		        "XGBoost has no word for trees whose leaves are shares (forest, tree, extra_trees): export to "
		        "onnx or c");
	}
}

static json_t *objective_json(const Objective *o, uint32_t classes)
{
	g_autofree char *count = g_strdup_printf("%u", classes);
	if (g_strcmp0(o->name, "multi:softprob") == 0)
		return json_pack("{s:s,s:{s:s}}", "name", o->name, "softmax_multiclass_param", "num_class", count);
	if (g_strcmp0(o->name, "reg:gamma") == 0)
		return json_pack("{s:s}", "name", o->name);
	return json_pack("{s:s,s:{s:s}}", "name", o->name, "reg_loss_param", "scale_pos_weight", "1");
}

static json_t *booster_json(const Trees *t, float scale)
{
	json_t *trees = json_array(), *info = json_array();
	for (uint32_t i = 0; i < t->count; i++) {
		json_array_append_new(trees, tree_json(t, i, scale));
		json_array_append_new(info, json_integer(t->group[i]));
	}
	g_autofree char *count = g_strdup_printf("%u", t->count);
	return json_pack("{s:{s:{s:s,s:s,s:s},s:o,s:o},s:s}", "model", "gbtree_model_param", "num_parallel_tree", "1",
	        "num_trees", count, "size_leaf_vector", "0", "tree_info", info, "trees", trees, "name", "gbtree");
}

/* Names without the signs that XGBoost refuses. */
static json_t *names_json(const ExportJob *job, size_t columns)
{
	json_t *list = json_array();
	for (guint i = 0; i < job->recipe->names->len && i < columns; i++) {
		g_autofree char *name = g_strdup(job->recipe->names->pdata[i]);
		json_array_append_new(list, json_text(g_strdelimit(name, "[]<", '_')));
	}
	return list;
}

/* A feature that some split takes as a category is one. */
static json_t *types_json(const Trees *t)
{
	g_autofree bool *by_set = g_new0(bool, t->columns + 1);
	json_t *list = json_array();
	for (uint32_t i = 0; i < t->start[t->count]; i++)
		if (t->nodes[i].by_set)
			by_set[t->nodes[i].feature] = true;
	for (uint32_t i = 0; i < t->columns; i++)
		json_array_append_new(list, json_string(by_set[i] ? "c" : "float"));
	return list;
}

static json_t *model_json(const ExportJob *job, const Trees *t, const Objective *o)
{
	uint32_t classes = t->groups > 1 ? t->groups : 0;
	g_autofree char *base = g_strdup_printf("%.9g", o->base), *features = g_strdup_printf("%u", t->columns),
	                *count = g_strdup_printf("%u", classes);
	return json_pack("{s:{s:{},s:o,s:o,s:o,s:{s:s,s:s,s:s,s:s,s:s},s:o},s:[i,i,i]}", "learner", "attributes",
	        "feature_names", names_json(job, t->columns), "feature_types", types_json(t), "gradient_booster",
	        booster_json(t, (float)o->scale), "learner_model_param", "base_score", base, "boost_from_average", "0",
	        "num_class", count, "num_feature", features, "num_target", "1", "objective", objective_json(o, classes),
	        "version", 1, 7, 4);
}

static bool write_xgboost(const ExportJob *job, GByteArray *to, GError **error)
{
	const Trees *t = job->form->trees;
	Objective o = {0};
	if (job->form->kind != FORM_TREES)
		return fail(error, FAIL_INVALID,
		        "XGBoost's format holds one model of boosted trees; this bundle's family is %s: export to onnx "
		        "or c",
		        json_get_text(bundle_header(job->bundle), "family", ""));
	if (json_is_object(json_object_get(bundle_header(job->bundle), "calibration")))
		return fail(error, FAIL_INVALID,
		        "XGBoost's format has no place for a calibration: export to onnx or c, or train with "
		        "calibration: none");
	if (!objective_of(t, &o, error))
		return false;
	json_auto_t *model = model_json(job, t, &o);
	char *text = json_dumps(model, JSON_COMPACT | JSON_REAL_PRECISION(9));
	g_byte_array_append(to, (const guint8 *)text, (guint)strlen(text));
	free(text);
	return true;
}

const ExportKind EXPORT_XGBOOST = {
        .name = "xgboost",
        .help = "XGBoost's JSON model, for its packages; takes features, not rows",
        .suffix = ".xgb.json",
        .write = write_xgboost,
};

/* lightgbm_trees.c: LightGBM's model turned into flat trees.
 *
 * It is lines of KEY=VALUES, a block a tree ("Tree=0" ... an empty line).  Nodes are numbered from 0, leaves by ~0, ~1 ...  What differs:
 *
 *   x <= t goes left           ours: x < the next float32 above t, which is the same for every float32
 *   a set's categories go left ours: right; so the children change places
 *   decision_type              bit 0: a set; bit 1: missing goes left; bits 2, 3: 0 none was missing in training (then missing counts as 0),
 *                              2 missing is NaN
 *   of a set, missing goes right (ours, with the children's places changed: left) */
#include "model/lightgbm_trees.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/limits.h"

/* The fields of one tree: numbers by key. */
typedef struct Saved {
	GHashTable *fields; /* key -> GArray of double */
} Saved;

static double field(const Saved *s, const char *key, size_t i)
{
	const GArray *values = g_hash_table_lookup(s->fields, key);
	return values && i < values->len ? g_array_index(values, double, i) : NAN;
}

static size_t field_count(const Saved *s, const char *key)
{
	const GArray *values = g_hash_table_lookup(s->fields, key);
	return values ? values->len : 0;
}

static void unref_array(gpointer array)
{
	g_array_unref(array);
}

/* Reads KEY=VALUES lines up to an empty one; gives where the text goes on. */
static const char *read_fields(const char *at, Saved *ret)
{
	ret->fields = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, unref_array);
	while (*at && *at != '\n') {
		const char *end = at + strcspn(at, "\n"), *equals = memchr(at, '=', (size_t)(end - at));
		GArray *values = g_array_new(FALSE, FALSE, sizeof(double));
		for (const char *v = equals ? equals + 1 : end; v < end;) {
			char *stop;
			double value = g_ascii_strtod(v, &stop);
			if (stop == v)
				break;
			g_array_append_val(values, value);
			v = stop;
		}
		g_hash_table_replace(ret->fields, g_strndup(at, (size_t)((equals ? equals : end) - at)), values);
		at = *end ? end + 1 : end;
	}
	return at;
}

typedef struct Laying {
	const LightgbmForm *form;
	Trees *t;
	GArray *nodes, *covers, *sets, *starts, *groups;
} Laying;

/* The next float32 above t: x <= t is x < that, for every float32 x. */
static float above(double t)
{
	float f = (float)t;
	return (double)f <= t ? nextafterf(f, INFINITY) : f;
}

static bool lay_set(Laying *to, const Saved *s, size_t set, TreeNode *n)
{
	double first = field(s, "cat_boundaries", set), last = field(s, "cat_boundaries", set + 1);
	if (!(first >= 0 && last > first && last <= (double)field_count(s, "cat_threshold") &&
	            last - first <= LIMIT_CATEGORIES / 32 + 1))
		return false;
	uint32_t place = to->sets->len, words = (uint32_t)(last - first);
	g_array_append_val(to->sets, words);
	for (uint32_t w = 0; w < words; w++) {
		uint32_t word = (uint32_t)field(s, "cat_threshold", (size_t)first + w);
		g_array_append_val(to->sets, word);
	}
	tree_node_point(n, place);
	return true;
}

/* *ret_swapped: the children change places. */
static bool lay_split(Laying *to, const Saved *s, size_t node, TreeNode *n, bool *ret_swapped)
{
	double feature = field(s, "split_feature", node), threshold = field(s, "threshold", node),
	       gain = field(s, "split_gain", node);
	unsigned type = (unsigned)field(s, "decision_type", node), missing = type >> 2 & 3;
	if (!(feature >= 0 && feature < (double)to->form->view->columns) || isnan(threshold))
		return false;
	n->feature = (uint16_t)to->form->view->column[(size_t)feature];
	n->is_split = 1;
	to->t->gain[n->feature] += isfinite(gain) ? gain : 0;
	*ret_swapped = type & 1;
	if (*ret_swapped)
		return lay_set(to, s, (size_t)threshold, n);
	n->value = above(threshold);
	n->missing_right = missing == 2 ? !(type & 2) : !(0 <= threshold);
	return true;
}

/* A place in the saved tree: a node, or ~leaf. */
static bool is_place(int64_t place, size_t splits)
{
	return place >= 0 ? (size_t)place < splits : (size_t)~place <= splits;
}

/* Breadth first, so that siblings are neighbours; queue[k] is the saved place of the k-th node laid down. */
static bool lay_tree(Laying *to, const Saved *s)
{
	size_t splits = field_count(s, "left_child");
	int64_t root = splits ? 0 : ~INT64_C(0);
	uint32_t first = to->nodes->len;
	g_autoptr(GArray) queue = g_array_new(FALSE, FALSE, sizeof(int64_t));
	g_array_append_val(queue, root);
	for (guint k = 0; k < queue->len; k++) {
		int64_t place = g_array_index(queue, int64_t, k);
		TreeNode n = {.left = first + k};
		bool swapped = false;
		if (!is_place(place, splits) || queue->len > 2 * splits + 1)
			return false;
		float cover = (float)field(
		        s, place < 0 ? "leaf_weight" : "internal_weight", (size_t)(place < 0 ? ~place : place));
		if (place < 0) {
			n.value = (float)field(s, "leaf_value", (size_t)~place);
		} else {
			int64_t pair[2] = {(int64_t)field(s, "left_child", (size_t)place),
			        (int64_t)field(s, "right_child", (size_t)place)};
			if (!lay_split(to, s, (size_t)place, &n, &swapped))
				return false;
			n.left = first + queue->len;
			g_array_append_val(queue, pair[swapped]);
			g_array_append_val(queue, pair[!swapped]);
		}
		if (!isfinite(cover) || (place < 0 && !isfinite(n.value)))
			cover = 0;
		g_array_append_val(to->nodes, n);
		g_array_append_val(to->covers, cover);
	}
	return true;
}

static bool add_tree(Laying *to, const Saved *s)
{
	uint32_t start = to->nodes->len, group = to->starts->len % to->form->groups;
	g_array_append_val(to->starts, start);
	g_array_append_val(to->groups, group);
	return field_count(s, "leaf_value") > 0 && lay_tree(to, s);
}

static bool lay_all(Laying *to, const char *text)
{
	bool ok = true;
	for (const char *at = strstr(text, "\nTree="); ok && at; at = strstr(at, "\nTree=")) {
		Saved s;
		at = read_fields(at + 1, &s);
		ok = add_tree(to, &s);
		g_hash_table_unref(s.fields);
		at--; /* the empty line's end is the next block's beginning */
	}
	return ok && to->starts->len > 0;
}

static Trees *laid(Laying *to)
{
	Trees *t = to->t;
	uint32_t end = to->nodes->len;
	t->count = to->starts->len;
	t->set_words = to->sets->len;
	g_array_append_val(to->starts, end);
	t->start = (uint32_t *)(void *)g_array_free(to->starts, FALSE);
	t->group = (uint32_t *)(void *)g_array_free(to->groups, FALSE);
	t->nodes = (TreeNode *)(void *)g_array_free(to->nodes, FALSE);
	t->cover = (float *)(void *)g_array_free(to->covers, FALSE);
	t->sets = (uint32_t *)(void *)g_array_free(to->sets, FALSE);
	return t;
}

bool trees_from_lightgbm(const char *text, const LightgbmForm *form, Trees **ret, GError **error)
{
	Trees *empty = g_new0(Trees, 1);
	empty->columns = form->columns;
	empty->groups = form->groups;
	empty->link = form->link;
	empty->shift = form->shift;
	empty->scale = form->scale;
	empty->gain = g_new0(double, MAX(form->columns, 1u));
	Laying to = {form, empty, g_array_new(FALSE, FALSE, sizeof(TreeNode)), g_array_new(FALSE, FALSE, sizeof(float)),
	        g_array_new(FALSE, FALSE, sizeof(uint32_t)), g_array_new(FALSE, FALSE, sizeof(uint32_t)),
	        g_array_new(FALSE, FALSE, sizeof(uint32_t))};
	bool ok = lay_all(&to, text);
	g_autoptr(Trees) t = laid(&to);
	if (!ok)
		return fail(error, FAIL_BROKEN, "LightGBM's model has a form this program does not know");
	if (!trees_finish(t, error))
		return false;
	*ret = g_steal_pointer(&t);
	return true;
}

/* plan.c: putting a plan together and seeing that it holds. */
#include "pipeline/plan.h"

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "pipeline/plan_inside.h"
#include "pipeline/work.h"

#include <string.h>

Plan *plan_new(const StepKind *const *kinds)
{
	Plan *p = g_new0(Plan, 1);
	p->kinds = kinds;
	p->nodes = g_ptr_array_new_with_free_func((GDestroyNotify)node_free);
	p->index = g_hash_table_new(g_str_hash, g_str_equal);
	p->order = g_array_new(FALSE, FALSE, sizeof(size_t));
	return p;
}

void plan_free(Plan *p)
{
	g_hash_table_destroy(p->index);
	g_ptr_array_free(p->nodes, TRUE);
	g_array_free(p->order, TRUE);
	g_free(p);
}

Node *node_new(const char *name, const StepKind *kind)
{
	Node *n = g_new0(Node, 1);
	n->name = g_strdup(name);
	n->kind = kind;
	n->inputs = g_array_new(FALSE, TRUE, sizeof(NodeInput));
	n->needs = g_array_new(FALSE, FALSE, sizeof(size_t));
	n->needed_by = g_array_new(FALSE, FALSE, sizeof(size_t));
	return n;
}

static void input_clear(NodeInput *in)
{
	g_free(in->name);
	g_free(in->from);
	g_free(in->output);
	g_free(in->file);
	g_free(in->digest);
}

void node_free(Node *n)
{
	for (guint i = 0; i < n->inputs->len; i++)
		input_clear(&g_array_index(n->inputs, NodeInput, i));
	g_array_free(n->inputs, TRUE);
	g_array_free(n->needs, TRUE);
	g_array_free(n->needed_by, TRUE);
	json_decref(n->params);
	json_decref(n->outputs);
	json_decref(n->command);
	json_decref(n->files);
	json_decref(n->environment);
	g_free(n->name);
	g_free(n);
}

void node_add_input(Node *n, const PlanInput *input)
{
	NodeInput in = {
	        .name = g_strdup(input->name),
	        .from = g_strdup(input->from),
	        .source = NO_NODE,
	        .file = input->file ? g_canonicalize_filename(input->file, NULL) : NULL,
	        .digest = g_strdup(input->digest),
	        .choose = input->choose,
	        .context = input->context,
	};
	g_array_append_val(n->inputs, in);
}

size_t plan_find(const Plan *p, const char *name)
{
	size_t found = GPOINTER_TO_SIZE(g_hash_table_lookup(p->index, name));
	return found ? found - 1 : NO_NODE;
}

bool plan_name_is_fine(const char *name, bool dots)
{
	static const char LETTERS[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
	size_t length = strlen(name);
	return length > 0 && length <= 100 && name[0] != '.' && name[0] != '-' && strspn(name, LETTERS) == length &&
	       (dots || !strchr(name, '.'));
}

bool plan_insert(Plan *p, Node *node, GError **error)
{
	bool ok = true;
	if (!plan_name_is_fine(node->name, false))
		ok = fail(error, FAIL_INVALID,
		        "\"%s\" cannot be a step's name: it needs 1 to 100 letters, digits, _ or -", node->name);
	else if (plan_find(p, node->name) != NO_NODE)
		ok = fail(error, FAIL_CONFLICT, "two steps are named \"%s\"", node->name);
	else if (p->nodes->len >= LIMIT_STEPS)
		ok = fail(error, FAIL_LIMIT, "the plan has more than %d steps", LIMIT_STEPS);
	if (!ok) {
		node_free(node);
		return false;
	}
	g_ptr_array_add(p->nodes, node);
	g_hash_table_insert(p->index, node->name, GSIZE_TO_POINTER((size_t)p->nodes->len));
	p->is_checked = false;
	return true;
}

static bool find_kind(const Plan *p, const PlanStep *step, const StepKind **ret, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	for (const StepKind *const *k = p->kinds; *k; k++) {
		if (strcmp((*k)->name, step->kind) == 0) {
			*ret = *k;
			return true;
		}
		g_ptr_array_add(names, (void *)(*k)->name);
	}
	g_ptr_array_add(names, NULL);
	const char *near = nearest_name(step->kind, (const char *const *)names->pdata);
	return fail(error, FAIL_INVALID, "step %s: there is no kind of step \"%s\"%s%s%s", step->name, step->kind,
	        near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static bool check_input(const PlanStep *step, const PlanInput *in, GError **error)
{
	int ways = !!in->from + !!in->file + !!in->digest + !!in->choose;
	if (ways == 1)
		return true;
	return fail(error, FAIL_INVALID, "step %s: it is not clear where the input \"%s\" comes from", step->name,
	        in->name);
}

static bool add_inputs(Node *n, const PlanStep *step, const char *who, GError **error)
{
	json_auto_t *names = json_object();
	for (const PlanInput *in = step->inputs; in && in->name; in++) {
		if (!check_input(step, in, error))
			return false;
		if (json_object_get(names, in->name))
			return fail(error, FAIL_INVALID, "%s: the input \"%s\" is given twice", who, in->name);
		json_object_set_new(names, in->name, json_true());
		node_add_input(n, in);
	}
	return work_check_inputs(n->kind, who, names, error);
}

bool plan_add(Plan *p, const PlanStep *step, GError **error)
{
	static const Param NONE[] = {{NULL}};
	const StepKind *kind = NULL;
	if (!find_kind(p, step, &kind, error))
		return false;
	g_autofree char *who = g_strdup_printf("step %s", step->name);
	Node *n = node_new(step->name, kind);
	n->seed = step->seed;
	n->time_limit_s = step->time_limit_s;
	n->memory_mb = step->memory_mb;
	n->all_cores = kind->flags & STEP_ALL_CORES;
	n->outputs = json_array();
	for (const char *const *name = kind->outputs; *name; name++)
		json_array_append_new(n->outputs, json_string(*name));
	if (!param_fill(kind->params ? kind->params : NONE, who, step->params, &n->params, error) ||
	        !add_inputs(n, step, who, error)) {
		node_free(n);
		return false;
	}
	return plan_insert(p, n, error);
}

static bool has_output(const Node *n, const char *output)
{
	size_t i;
	json_t *name;
	json_array_foreach (n->outputs, i, name)
		if (strcmp(json_string_value(name), output) == 0)
			return true;
	return false;
}

static bool no_such_step(const Plan *p, const Node *n, const NodeInput *in, const char *step, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	for (size_t i = 0; i < p->nodes->len; i++)
		g_ptr_array_add(names, plan_node(p, i)->name);
	g_ptr_array_add(names, NULL);
	const char *near = nearest_name(step, (const char *const *)names->pdata);
	return fail(error, FAIL_INVALID, "step %s: its input \"%s\" is \"%s\", but there is no step \"%s\"%s%s%s%s",
	        n->name, in->name, in->from, step, in->file ? " (nor such a file)" : "",
	        near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

/* Finds the step and output that "step.output" names. */
static bool connect(const Plan *p, const Node *n, NodeInput *in, GError **error)
{
	const char *dot = strchr(in->from, '.');
	if (!dot || !dot[1])
		return fail(error, FAIL_INVALID, "step %s: its input \"%s\" is \"%s\"; expected STEP.OUTPUT", n->name,
		        in->name, in->from);
	g_autofree char *step = g_strndup(in->from, (size_t)(dot - in->from));
	in->source = plan_find(p, step);
	if (in->source == NO_NODE)
		return no_such_step(p, n, in, step, error);
	const Node *source = plan_node(p, in->source);
	if (!has_output(source, dot + 1)) {
		g_autofree char *known = json_canonical(source->outputs);
		return fail(error, FAIL_INVALID, "step %s: its input \"%s\" is \"%s\", but the outputs of %s are %s",
		        n->name, in->name, in->from, step, known);
	}
	g_free(in->output);
	in->output = g_strdup(dot + 1);
	return true;
}

static bool includes(const GArray *indices, size_t index)
{
	for (guint i = 0; i < indices->len; i++)
		if (g_array_index(indices, size_t, i) == index)
			return true;
	return false;
}

/* A command's "train.bundle" is a file only where there is no step of that name. */
static bool is_file(const Plan *p, const NodeInput *in)
{
	if (!in->file || !in->from)
		return in->file;
	g_autofree char *step = g_strndup(in->from, strcspn(in->from, "."));
	return plan_find(p, step) == NO_NODE && g_file_test(in->file, G_FILE_TEST_IS_REGULAR);
}

static bool connect_all(Plan *p, size_t index, GError **error)
{
	Node *n = plan_node(p, index);
	for (guint i = 0; i < n->inputs->len; i++) {
		NodeInput *in = &g_array_index(n->inputs, NodeInput, i);
		in->source = NO_NODE;
		if (!in->from || is_file(p, in))
			continue;
		if (!connect(p, n, in, error))
			return false;
		if (includes(n->needs, in->source))
			continue;
		g_array_append_val(n->needs, in->source);
		g_array_append_val(plan_node(p, in->source)->needed_by, index);
	}
	return true;
}

/* Every node that was not ordered needs another such one, so following `needs` among them must come back to where it was. */
static bool fail_circle(const Plan *p, const size_t *missing, GError **error)
{
	size_t at = 0;
	while (!missing[at])
		at++;
	g_autoptr(GArray) way = g_array_new(FALSE, FALSE, sizeof(size_t));
	while (!includes(way, at)) {
		g_array_append_val(way, at);
		const GArray *needs = plan_node(p, at)->needs;
		guint i = 0;
		while (!missing[g_array_index(needs, size_t, i)])
			i++;
		at = g_array_index(needs, size_t, i);
	}
	g_autoptr(GString) text = g_string_new(plan_node(p, at)->name);
	size_t first = at, i = way->len;
	do {
		i--;
		at = g_array_index(way, size_t, i);
		g_string_append_printf(text, " -> %s", plan_node(p, at)->name);
	} while (at != first);
	return fail(error, FAIL_INVALID, "the steps need each other in a circle: %s", text->str);
}

/* Kahn's algorithm: a step comes as soon as nothing it needs is missing. */
static bool put_in_order(Plan *p, GError **error)
{
	size_t count = p->nodes->len;
	g_autofree size_t *missing = g_new0(size_t, count);
	for (size_t i = 0; i < count; i++) {
		missing[i] = plan_node(p, i)->needs->len;
		if (missing[i] == 0)
			g_array_append_val(p->order, i);
	}
	for (guint next = 0; next < p->order->len; next++) {
		const GArray *after = plan_node(p, g_array_index(p->order, size_t, next))->needed_by;
		for (guint i = 0; i < after->len; i++) {
			size_t index = g_array_index(after, size_t, i);
			if (--missing[index] == 0)
				g_array_append_val(p->order, index);
		}
	}
	return p->order->len == count || fail_circle(p, missing, error);
}

static void measure_heights(Plan *p)
{
	for (guint i = p->order->len; i-- > 0;) {
		Node *n = plan_node(p, g_array_index(p->order, size_t, i));
		n->height = 0;
		for (guint j = 0; j < n->needed_by->len; j++) {
			size_t above = plan_node(p, g_array_index(n->needed_by, size_t, j))->height + 1;
			n->height = MAX(n->height, above);
		}
	}
}

bool plan_check(Plan *p, GError **error)
{
	if (p->is_checked)
		return true;
	g_array_set_size(p->order, 0);
	for (size_t i = 0; i < p->nodes->len; i++) {
		g_array_set_size(plan_node(p, i)->needs, 0);
		g_array_set_size(plan_node(p, i)->needed_by, 0);
	}
	for (size_t i = 0; i < p->nodes->len; i++)
		if (!connect_all(p, i, error))
			return false;
	if (!put_in_order(p, error))
		return false;
	measure_heights(p);
	p->is_checked = true;
	return true;
}

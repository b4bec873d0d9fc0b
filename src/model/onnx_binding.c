/* onnx_binding.c: inputs and outputs of a brought model matched with features and classes, by names where they say, by settings where not. */
#include "model/onnx_binding.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"

static const struct {
	int element;
	const char *name;
} ELEMENTS[] = {
        {ONNX_ELEMENT_FLOAT, "float"},
        {ONNX_ELEMENT_DOUBLE, "double"},
        {ONNX_ELEMENT_INT32, "int32"},
        {ONNX_ELEMENT_INT64, "int64"},
        {ONNX_ELEMENT_BOOL, "bool"},
        {ONNX_ELEMENT_STRING, "text"},
};

static const char *element_name(int element)
{
	for (size_t i = 0; i < G_N_ELEMENTS(ELEMENTS); i++)
		if (ELEMENTS[i].element == element)
			return ELEMENTS[i].name;
	return NULL;
}

static int element_of(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(ELEMENTS); i++)
		if (g_str_equal(ELEMENTS[i].name, name))
			return ELEMENTS[i].element;
	return 0;
}

static void ports_free(OnnxPort *ports, size_t count)
{
	for (size_t i = 0; i < count; i++)
		g_free(ports[i].name);
	g_free(ports);
}

void onnx_ports_clear(OnnxPorts *p)
{
	ports_free(p->inputs, p->input_count);
	ports_free(p->outputs, p->output_count);
	*p = (OnnxPorts){0};
}

char *onnx_port_text(const OnnxPort *p)
{
	g_autoptr(GString) text = g_string_new(NULL);
	const char *element = element_name(p->element);
	g_string_append_printf(text, "\"%s\" (%s", p->name,
	        p->kind == ONNX_KIND_SEQUENCE ? "a list of maps"
	        : p->kind != ONNX_KIND_TENSOR ? "no tensor"
	        : element                     ? element
	                                      : "an element type that is not taken");
	for (size_t i = 0; p->kind == ONNX_KIND_TENSOR && i < p->dimensions; i++) {
		g_string_append(text, i ? " x " : ", ");
		if (p->shape[i] < 0)
			g_string_append(text, i ? "any" : "rows");
		else
			g_string_append_printf(text, "%" G_GINT64_FORMAT, p->shape[i]);
	}
	g_string_append_c(text, ')');
	return g_strdup(text->str);
}

static char *all_ports(const OnnxPort *ports, size_t count)
{
	g_autoptr(GString) text = g_string_new(NULL);
	for (size_t i = 0; i < count && i < 40; i++) {
		g_autofree char *one = onnx_port_text(&ports[i]);
		g_string_append_printf(text, "%s%s", i ? ", " : "", one);
	}
	return g_strdup(text->str);
}

/* Values a row; -1: any number. */
static int64_t width_of(const OnnxPort *p)
{
	return p->dimensions == 0 ? -1 : p->dimensions == 1 ? 1 : p->shape[1];
}

/* What there is for a model to take, as a sentence's end. */
static char *features_text(const TrainSet *set)
{
	g_autoptr(GString) text = g_string_new(NULL);
	for (size_t j = 0; j < set->x->columns && j < 40; j++) {
		bool is_category = set->x->kinds && set->x->kinds[j].categories;
		g_string_append_printf(text, "%s%s%s", j ? ", " : "", set->x->names[j], is_category ? " (texts)" : "");
	}
	if (set->x->columns > 40)
		g_string_append_printf(text, ", ... (%zu)", set->x->columns);
	return g_strdup(text->str);
}

/* "origin" or "origin_category" for the categories of origin; only numbers have their own name alone. */
static bool find_feature(const TrainSet *set, const char *name, bool is_text, size_t *ret)
{
	g_autofree char *category = g_strconcat(name, "_category", NULL);
	for (size_t j = 0; j < set->x->columns; j++) {
		bool is_category = set->x->kinds && set->x->kinds[j].categories;
		const char *feature = set->x->names[j];
		if (is_category == is_text &&
		        (g_str_equal(feature, name) || (is_text && g_str_equal(feature, category)))) {
			*ret = j;
			return true;
		}
	}
	return false;
}

/* Texts of the categories of a feature, by code; NULL if the recipe does not say. */
static json_t *labels_of(const TrainSet *set, size_t j)
{
	size_t i;
	json_t *entry;
	json_array_foreach (json_object_get(set->recipe, "transforms"), i, entry) {
		const json_t *columns = json_object_get(json_object_get(entry, "params"), "columns");
		const char *column = json_string_value(json_array_get(columns, 0));
		g_autofree char *name = column ? g_strconcat(column, "_category", NULL) : NULL;
		if (g_strcmp0(json_get_text(entry, "transform", ""), "category") == 0 &&
		        g_strcmp0(name, set->x->names[j]) == 0)
			return json_object_get(json_object_get(entry, "state"), "categories");
	}
	return NULL;
}

typedef struct Binding {
	const TrainSet *set;
	const json_t *params;
	const OnnxPort *port; /* at hand */
	json_t *features, *labels;
	GError **error;
} Binding;

static bool take(Binding *b, size_t j)
{
	bool is_category = b->set->x->kinds && b->set->x->kinds[j].categories;
	json_t *labels = is_category && b->port->element == ONNX_ELEMENT_STRING ? labels_of(b->set, j) : NULL;
	if (b->port->element == ONNX_ELEMENT_STRING && !labels)
		return fail(b->error, FAIL_INVALID,
		        "the model's input \"%s\" takes texts, and the feature %s is none: keep the column's "
		        "categories "
		        "with "
		        "features: [{transform: category, columns: [NAME], min_count: 1}]",
		        b->port->name, b->set->x->names[j]);
	json_array_append_new(b->features, json_integer((json_int_t)j));
	json_array_append(b->labels, labels ? labels : json_null());
	return true;
}

static bool take_named(Binding *b, const char *name)
{
	size_t j;
	bool is_text = b->port->element == ONNX_ELEMENT_STRING;
	if (find_feature(b->set, name, is_text, &j))
		return take(b, j);
	g_autofree char *there = features_text(b->set);
	g_autofree char *wanted = onnx_port_text(b->port);
	return fail(b->error, FAIL_INVALID,
	        "the model's input %s finds no feature \"%s\"%s; the recipe makes %s.  models.params.onnx.inputs says "
	        "which feature an input is",
	        wanted, name,
	        is_text ? " of texts (features: [{transform: category, columns: [NAME], min_count: 1}])" : "", there);
}

/* All numbers, in the recipe's order. */
static bool take_all(Binding *b)
{
	size_t numbers = matrix_numbers(b->set->x);
	int64_t width = width_of(b->port);
	if (width >= 0 && (uint64_t)width != numbers) {
		g_autofree char *there = features_text(b->set);
		g_autofree char *wanted = onnx_port_text(b->port);
		return fail(b->error, FAIL_INVALID,
		        "the model's input %s takes %" G_GINT64_FORMAT
		        " numbers a row, and the recipe makes %zu: %s.  Mend the features, or name the model's in "
		        "their "
		        "order: models.params.onnx.inputs: {\"%s\": [...]}",
		        wanted, width, numbers, there, b->port->name);
	}
	for (size_t j = 0; j < numbers; j++)
		if (!take(b, j))
			return false;
	return true;
}

/* As the settings say. */
static bool take_given(Binding *b, const json_t *given)
{
	size_t i, count = json_is_array(given) ? json_array_size(given) : 1;
	int64_t width = width_of(b->port);
	if (width >= 0 && (uint64_t)width != count)
		return fail(b->error, FAIL_INVALID,
		        "models.params.onnx.inputs: \"%s\" takes %" G_GINT64_FORMAT " values a row, and %zu are named",
		        b->port->name, width, count);
	for (i = 0; i < count; i++) {
		const char *name = json_string_value(json_is_array(given) ? json_array_get(given, i) : given);
		if (!name)
			return fail(b->error, FAIL_INVALID,
			        "models.params.onnx.inputs: \"%s\" is the name of a feature, or a list of such",
			        b->port->name);
		if (!take_named(b, name))
			return false;
	}
	return true;
}

static bool check_input(const OnnxPort *p, GError **error)
{
	g_autofree char *text = onnx_port_text(p);
	if (p->kind != ONNX_KIND_TENSOR || !element_name(p->element))
		return fail(error, FAIL_INVALID,
		        "the model's input %s is not of a type that rows are made of: float, double, int32, int64, "
		        "bool or text",
		        text);
	if (p->dimensions > 2)
		return fail(error, FAIL_INVALID,
		        "the model's input %s is no table of rows: it has %zu dimensions, 1 or 2 are taken", text,
		        p->dimensions);
	if (p->dimensions && p->shape[0] >= 0 && p->shape[0] != 1)
		return fail(error, FAIL_INVALID,
		        "the model's input %s takes %" G_GINT64_FORMAT
		        " rows at a time, neither any number nor 1: export it with a free first dimension",
		        text, p->shape[0]);
	return true;
}

static bool bind_input(Binding *b, bool is_alone, json_t *to)
{
	const OnnxPort *p = b->port;
	const json_t *given = json_object_get(json_object_get(b->params, "inputs"), p->name);
	b->features = json_array();
	b->labels = json_array();
	json_array_append_new(to, json_pack("{s:o,s:s,s:b,s:o,s:o}", "name", json_text(p->name), "element",
	                                  element_name(p->element) ? element_name(p->element) : "", "flat",
	                                  p->dimensions == 1, "features", b->features, "labels", b->labels));
	if (!check_input(p, b->error))
		return false;
	size_t j;
	bool is_named = width_of(p) == 1 && find_feature(b->set, p->name, p->element == ONNX_ELEMENT_STRING, &j);
	if (given)
		return take_given(b, given);
	return is_alone && !is_named && p->element != ONNX_ELEMENT_STRING ? take_all(b) : take_named(b, p->name);
}

static bool bind_inputs(const OnnxPorts *ports, Binding *b, json_t *about)
{
	json_t *inputs = json_array();
	bool one_row = false;
	json_object_set_new(about, "inputs", inputs);
	for (size_t i = 0; i < ports->input_count; i++) {
		b->port = &ports->inputs[i];
		if (!bind_input(b, ports->input_count == 1, inputs))
			return false;
		one_row = one_row || (b->port->dimensions && b->port->shape[0] == 1);
	}
	json_object_set_new(about, "one_row", json_boolean(one_row));
	const char *name;
	json_t *given;
	json_object_foreach (json_object_get(b->params, "inputs"), name, given) {
		bool is_there = false;
		for (size_t i = 0; i < ports->input_count; i++)
			is_there = is_there || g_str_equal(ports->inputs[i].name, name);
		if (!is_there) {
			g_autofree char *there = all_ports(ports->inputs, ports->input_count);
			return fail(b->error, FAIL_INVALID,
			        "models.params.onnx.inputs: the model has no input \"%s\"; it has %s", name, there);
		}
	}
	return ports->input_count > 0 || fail(b->error, FAIL_INVALID, "the model has no inputs");
}

/* How well an output would do for scores; 0: not at all. */
static int suits(const OnnxPort *p, const TrainSet *set)
{
	int64_t width = width_of(p), outputs = (int64_t)task_outputs(set->classes);
	if (p->kind == ONNX_KIND_SEQUENCE)
		return set->classes ? 3 : 0;
	if (p->kind != ONNX_KIND_TENSOR || (p->element != ONNX_ELEMENT_FLOAT && p->element != ONNX_ELEMENT_DOUBLE))
		return 0;
	if (width == outputs)
		return 4;
	return width < 0 ? 2 : width == 1 && set->classes == 2 ? 1 : 0;
}

static bool bind_output(const OnnxPorts *ports, const Binding *b, json_t *about)
{
	const char *asked = json_get_text(b->params, "output", NULL);
	const OnnxPort *best = NULL;
	for (size_t i = 0; i < ports->output_count; i++) {
		const OnnxPort *p = &ports->outputs[i];
		if ((!asked || g_str_equal(asked, p->name)) && suits(p, b->set) > (best ? suits(best, b->set) : 0))
			best = p;
	}
	if (!best) {
		g_autofree char *there = all_ports(ports->outputs, ports->output_count);
		g_autofree char *wanted = b->set->classes ? g_strdup_printf("probabilities of %zu classes "
		                                                            "(numbers, rows x %zu, or a map a row)",
		                                                    b->set->classes, b->set->classes)
		                                          : g_strdup("a number a row");
		return fail(b->error, FAIL_INVALID, "%s%s%s gives %s; the model has %s",
		        asked ? "the model's output \"" : "no output of the model", asked ? asked : "",
		        asked ? "\"" : "", wanted, there);
	}
	json_object_set_new(about, "output", json_text(best->name));
	json_object_set_new(about, "margins",
	        json_boolean(b->set->classes && g_strcmp0(json_get_text(b->params, "scores", ""), "margin") == 0));
	return true;
}

static int place_of(const json_t *list, const char *text)
{
	size_t i;
	json_t *one;
	json_array_foreach (list, i, one)
		if (g_strcmp0(json_string_value(one), text) == 0)
			return (int)i;
	return -1;
}

/* The model's order of classes: as the settings say, else the project's. */
static bool bind_classes(const Binding *b, json_t *about)
{
	json_t *classes = b->set->classes ? json_object_get(b->set->roles, "classes") : NULL, *order = json_array();
	const json_t *given = json_object_get(b->params, "classes");
	g_autofree bool *seen = g_new0(bool, task_outputs(b->set->classes));
	json_object_set(about, "classes", classes ? classes : json_null());
	json_object_set_new(about, "order", order);
	if (json_array_size(given) == 0)
		given = classes;
	size_t count = given ? json_array_size(given) : 1;
	for (size_t k = 0; k < count; k++) {
		int place = given ? place_of(classes, json_string_value(json_array_get(given, k))) : 0;
		bool fits = place >= 0 && (size_t)place < task_outputs(b->set->classes) && !seen[place];
		if (fits)
			seen[place] = true;
		if (!fits || count != task_outputs(b->set->classes)) {
			g_autofree char *there = json_canonical(classes);
			return fail(b->error, FAIL_INVALID,
			        "models.params.onnx.classes: the target's classes, each once, in the model's order; "
			        "they are %s",
			        there ? there : "none");
		}
		json_array_append_new(order, json_integer(place));
	}
	return true;
}

bool onnx_bind(const OnnxPorts *ports, const TrainSet *set, const json_t *params, json_t **ret, GError **error)
{
	Binding b = {.set = set, .params = params, .error = error};
	json_auto_t *about = json_pack(
	        "{s:I,s:I}", "columns", (json_int_t)set->x->columns, "outputs", (json_int_t)task_outputs(set->classes));
	if (!set->x->names)
		return fail(error, FAIL_INVALID, "the rows have no names for the model's inputs to be found by");
	if (!bind_inputs(ports, &b, about) || !bind_output(ports, &b, about) || !bind_classes(&b, about))
		return false;
	*ret = g_steal_pointer(&about);
	return true;
}

void onnx_binding_free(OnnxBinding *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->input_count; i++) {
		OnnxInput *in = &b->inputs[i];
		for (size_t k = 0; in->labels && k < in->width; k++)
			g_strfreev(in->labels[k]);
		g_free(in->labels);
		g_free(in->features);
		g_free(in->known);
		g_free(in->name);
	}
	g_free(b->inputs);
	g_free(b->output);
	g_strfreev(b->classes);
	g_free(b->order);
	g_free(b->base);
	g_free(b);
}

static char **read_texts(const json_t *list)
{
	char **texts = g_new0(char *, json_array_size(list) + 1);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *text = json_string_value(json_array_get(list, i));
		texts[i] = g_strdup(text ? text : "");
	}
	return texts;
}

static bool read_input(const json_t *about, size_t columns, OnnxInput *ret)
{
	const json_t *features = json_object_get(about, "features"), *labels = json_object_get(about, "labels");
	ret->name = g_strdup(json_get_text(about, "name", ""));
	ret->element = element_of(json_get_text(about, "element", ""));
	ret->flat = json_get_bool(about, "flat", false);
	ret->width = json_array_size(features);
	ret->features = g_new0(size_t, MAX(ret->width, (size_t)1));
	ret->labels = g_new0(char **, MAX(ret->width, (size_t)1));
	ret->known = g_new0(size_t, MAX(ret->width, (size_t)1));
	bool ok = ret->element && ret->width >= 1 && ret->width <= LIMIT_FEATURES &&
	          json_array_size(labels) == ret->width && (!ret->flat || ret->width == 1);
	for (size_t k = 0; ok && k < ret->width; k++) {
		json_int_t place = json_integer_value(json_array_get(features, k));
		const json_t *list = json_array_get(labels, k);
		ok = place >= 0 && (size_t)place < columns &&
		     (ret->element == ONNX_ELEMENT_STRING) == (json_array_size(list) > 0);
		ret->features[k] = ok ? (size_t)place : 0;
		ret->labels[k] = ok && json_array_size(list) ? read_texts(list) : NULL;
		ret->known[k] = json_array_size(list);
	}
	return ok;
}

static bool read_order(const json_t *order, OnnxBinding *b)
{
	g_autofree bool *seen = g_new0(bool, b->outputs);
	b->order = g_new0(size_t, b->outputs);
	if (json_array_size(order) != b->outputs)
		return false;
	for (size_t k = 0; k < b->outputs; k++) {
		json_int_t place = json_integer_value(json_array_get(order, k));
		if (place < 0 || (size_t)place >= b->outputs || seen[place])
			return false;
		seen[place] = true;
		b->order[k] = (size_t)place;
	}
	return true;
}

static void read_base(const json_t *base, OnnxBinding *b)
{
	b->base = g_new(float, b->columns);
	for (size_t j = 0; j < b->columns; j++) {
		const json_t *one = json_array_get(base, j);
		double value = one && json_is_number(one) ? json_number_value(one) : NAN;
		b->base[j] = fabs(value) <= (double)FLT_MAX ? (float)value : NAN;
	}
}

bool onnx_binding_read(const json_t *about, OnnxBinding **ret, GError **error)
{
	g_autoptr(OnnxBinding) b = g_new0(OnnxBinding, 1);
	const json_t *inputs = json_object_get(about, "inputs"), *classes = json_object_get(about, "classes");
	int64_t columns = json_get_int(about, "columns", 0), outputs = json_get_int(about, "outputs", 0);
	bool ok = columns >= 1 && columns <= LIMIT_FEATURES && outputs >= 1 && outputs <= LIMIT_CLASSES &&
	          json_array_size(inputs) >= 1 && json_array_size(inputs) <= LIMIT_FEATURES &&
	          json_array_size(classes) == (outputs > 1 ? (size_t)outputs : 0);
	if (!ok)
		return fail(error, FAIL_BROKEN, "the stored model's inputs are damaged");
	b->columns = (size_t)columns;
	b->outputs = (size_t)outputs;
	b->inputs = g_new0(OnnxInput, json_array_size(inputs));
	b->output = g_strdup(json_get_text(about, "output", ""));
	b->one_row = json_get_bool(about, "one_row", false);
	b->margins = json_get_bool(about, "margins", false);
	b->classes = read_texts(classes);
	read_base(json_object_get(about, "base"), b);
	ok = read_order(json_object_get(about, "order"), b);
	for (; ok && b->input_count < json_array_size(inputs); b->input_count++)
		ok = read_input(json_array_get(inputs, b->input_count), b->columns, &b->inputs[b->input_count]);
	if (!ok)
		return fail(error, FAIL_BROKEN, "the stored model's inputs are damaged");
	*ret = g_steal_pointer(&b);
	return true;
}

static bool as_number(const char *text, double *ret)
{
	char *end;
	if (g_ascii_strcasecmp(text, "true") == 0 || g_ascii_strcasecmp(text, "false") == 0) {
		*ret = g_ascii_tolower(*text) == 't';
		return true;
	}
	*ret = g_ascii_strtod(text, &end);
	return end != text && !*end;
}

int onnx_class_of(const OnnxBinding *b, const char *word)
{
	double number, other;
	for (size_t k = 0; b->classes[k]; k++)
		if (g_str_equal(b->classes[k], word))
			return (int)k;
	for (size_t k = 0; as_number(word, &number) && b->classes[k]; k++)
		if (as_number(b->classes[k], &other) && number <= other && number >= other)
			return (int)k;
	return -1;
}

/* onnx_session.c: rows handed to ONNX Runtime as the tensors a model wants, and its answers read back.
 *
 * The model may come from anywhere.  What it answers is looked at (kind, type, number of items) before it is read. */
#include "model/onnx_session.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "stats/softmax.h"

#define ROWS_AT_ONCE 4096

struct OnnxSession {
	const OnnxLibrary *l;
	OnnxRuntime *runtime;
	OnnxPorts ports;
};

void onnx_session_free(OnnxSession *s)
{
	if (!s)
		return;
	if (s->runtime)
		s->l->calls.runtime_free(s->runtime);
	onnx_ports_clear(&s->ports);
	g_free(s);
}

const OnnxPorts *onnx_session_ports(const OnnxSession *s)
{
	return &s->ports;
}

static bool describe_tensor(const OnnxSession *s, const OnnxTypeInfo *type, OnnxPort *ret, GError **error)
{
	const OnnxCalls *c = &s->l->calls;
	const OnnxTensorInfo *info = NULL;
	if (!onnx_ok(s->l, c->tensor_of_type(type, &info), "describe the model", error))
		return false;
	if (!info)
		return true;
	if (!onnx_ok(s->l, c->element(info, &ret->element), "describe the model", error) ||
	        !onnx_ok(s->l, c->dimension_count(info, &ret->dimensions), "describe the model", error))
		return false;
	return ret->dimensions > ONNX_DIMENSIONS_MOST ||
	       onnx_ok(s->l, c->dimensions(info, ret->shape, ret->dimensions), "describe the model", error);
}

static bool describe(const OnnxSession *s, bool is_input, size_t i, OnnxPort *ret, GError **error)
{
	const OnnxCalls *c = &s->l->calls;
	OnnxTypeInfo *type = NULL;
	char *name = NULL;
	if (!onnx_ok(s->l,
	            is_input ? c->input_name(s->runtime, i, s->l->allocator, &name)
	                     : c->output_name(s->runtime, i, s->l->allocator, &name),
	            "name the model's inputs and outputs", error))
		return false;
	ret->name = g_strdup(name);
	c->allocator_free(s->l->allocator, name);
	if (!onnx_ok(s->l, is_input ? c->input_type(s->runtime, i, &type) : c->output_type(s->runtime, i, &type),
	            "describe the model", error))
		return false;
	bool ok = onnx_ok(s->l, c->kind_of_type(type, &ret->kind), "describe the model", error) &&
	          (ret->kind != ONNX_KIND_TENSOR || describe_tensor(s, type, ret, error));
	c->type_free(type);
	return ok;
}

static bool describe_all(OnnxSession *s, GError **error)
{
	const OnnxCalls *c = &s->l->calls;
	size_t inputs = 0, outputs = 0;
	if (!onnx_ok(s->l, c->input_count(s->runtime, &inputs), "describe the model", error) ||
	        !onnx_ok(s->l, c->output_count(s->runtime, &outputs), "describe the model", error))
		return false;
	s->ports.inputs = g_new0(OnnxPort, MAX(inputs, (size_t)1));
	s->ports.outputs = g_new0(OnnxPort, MAX(outputs, (size_t)1));
	bool ok = true;
	for (size_t i = 0; ok && i < inputs; i++)
		ok = describe(s, true, s->ports.input_count++, &s->ports.inputs[i], error);
	for (size_t i = 0; ok && i < outputs; i++)
		ok = describe(s, false, s->ports.output_count++, &s->ports.outputs[i], error);
	return ok;
}

bool onnx_session_open(GBytes *model, OnnxSession **ret, GError **error)
{
	g_autoptr(OnnxSession) s = g_new0(OnnxSession, 1);
	OnnxOptions *options = NULL;
	gsize size;
	const void *bytes = g_bytes_get_data(model, &size);
	if (!onnx_library(&s->l, error))
		return false;
	const OnnxCalls *c = &s->l->calls;
	if (!onnx_ok(s->l, c->options_new(&options), "begin", error))
		return false;
	bool ok = onnx_ok(s->l, c->options_inner_threads(options, 1), "begin", error) &&
	          onnx_ok(s->l, c->options_outer_threads(options, 1), "begin", error) &&
	          onnx_ok(s->l, c->options_no_arena(options), "begin", error) &&
	          onnx_ok(s->l, c->runtime_new(s->l->env, bytes, size, options, &s->runtime), "load the model", error);
	c->options_free(options);
	if (!ok || !describe_all(s, error))
		return false;
	*ret = g_steal_pointer(&s);
	return true;
}

/* One input's values of some rows: the tensor looks at them while it lives. */
typedef struct Feed {
	const OnnxInput *in;
	void *values; /* numbers */
	const char **texts;
	OnnxValue *tensor;
} Feed;

typedef struct Feeds {
	const OnnxSession *s;
	Feed *feeds;
	size_t count;
} Feeds;

static void feeds_clear(Feeds *f)
{
	for (size_t i = 0; i < f->count; i++) {
		if (f->feeds[i].tensor)
			f->s->l->calls.value_free(f->feeds[i].tensor);
		g_free(f->feeds[i].values);
		g_free(f->feeds[i].texts);
	}
	g_free(f->feeds);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Feeds, feeds_clear)

static size_t item_size(int element)
{
	return element == ONNX_ELEMENT_DOUBLE || element == ONNX_ELEMENT_INT64 ? 8
	       : element == ONNX_ELEMENT_BOOL                                  ? 1
	                                                                       : 4;
}

static bool put_number(const OnnxInput *in, float value, size_t at, void *to, GError **error)
{
	bool is_whole =
	        isfinite(value) && value >= (float)INT32_MIN && value < -(float)INT32_MIN && value <= floorf(value);
	if (in->element == ONNX_ELEMENT_FLOAT)
		((float *)to)[at] = value;
	else if (in->element == ONNX_ELEMENT_DOUBLE)
		((double *)to)[at] = (double)value;
	else if (!is_whole)
		return fail(error, FAIL_INVALID,
		        "the model's input \"%s\" takes whole numbers, and a row has %s there: see to it in the "
		        "features "
		        "(impute)",
		        in->name, isnan(value) ? "a missing value" : "another");
	else if (in->element == ONNX_ELEMENT_INT64)
		((int64_t *)to)[at] = (int64_t)value;
	else if (in->element == ONNX_ELEMENT_INT32)
		((int32_t *)to)[at] = (int32_t)value;
	else
		((uint8_t *)to)[at] = value != 0;
	return true;
}

/* The empty text where the category is missing, rare or has never been seen. */
static const char *text_of(const OnnxInput *in, size_t k, float code)
{
	return code >= 0 && code < (float)in->known[k] ? in->labels[k][(size_t)code] : "";
}

static bool fill(const Feeds *all, Feed *f, const Matrix *x, GError **error)
{
	const OnnxInput *in = f->in;
	const OnnxCalls *c = &all->s->l->calls;
	int64_t shape[2] = {(int64_t)x->rows, (int64_t)in->width};
	size_t items = x->rows * in->width, dimensions = in->flat ? 1 : 2;
	bool is_text = in->element == ONNX_ELEMENT_STRING;
	f->values = is_text ? NULL : g_malloc(MAX(items * item_size(in->element), (size_t)1));
	f->texts = is_text ? g_new(const char *, MAX(items, (size_t)1)) : NULL;
	for (size_t i = 0; i < x->rows; i++)
		for (size_t k = 0; k < in->width; k++) {
			float value = x->values[i * x->columns + in->features[k]];
			if (is_text)
				f->texts[i * in->width + k] = text_of(in, k, value);
			else if (!put_number(in, value, i * in->width + k, f->values, error))
				return false;
		}
	if (!is_text)
		return onnx_ok(all->s->l,
		        c->tensor_over(all->s->l->memory, f->values, items * item_size(in->element), shape, dimensions,
		                in->element, &f->tensor),
		        "take the rows", error);
	return onnx_ok(all->s->l, c->tensor_new(all->s->l->allocator, shape, dimensions, in->element, &f->tensor),
	               "take the rows", error) &&
	       onnx_ok(all->s->l, c->tensor_fill(f->tensor, f->texts, items), "take the rows", error);
}

/* One output for some rows. */
static bool run(const OnnxSession *s, const OnnxBinding *b, const Matrix *x, const char *output, OnnxValue **ret,
        GError **error)
{
	g_auto(Feeds) f = {.s = s, .feeds = g_new0(Feed, b->input_count), .count = b->input_count};
	g_autofree const char **names = g_new(const char *, b->input_count);
	g_autofree const OnnxValue **values = g_new(const OnnxValue *, b->input_count);
	for (size_t i = 0; i < b->input_count; i++) {
		f.feeds[i].in = &b->inputs[i];
		if (!fill(&f, &f.feeds[i], x, error))
			return false;
		names[i] = b->inputs[i].name;
		values[i] = f.feeds[i].tensor;
	}
	*ret = NULL;
	return onnx_ok(s->l, s->l->calls.run(s->runtime, NULL, names, values, b->input_count, &output, 1, ret),
	        "run the model", error);
}

/* Of a value that must be a tensor. */
static bool measure(const OnnxSession *s, const OnnxValue *value, int *ret_element, size_t *ret_items, GError **error)
{
	const OnnxCalls *c = &s->l->calls;
	OnnxTensorInfo *info = NULL;
	int kind = 0;
	if (!onnx_ok(s->l, c->kind(value, &kind), "answer", error))
		return false;
	if (kind != ONNX_KIND_TENSOR)
		return fail(error, FAIL_INVALID, "the model's answer is no tensor");
	if (!onnx_ok(s->l, c->tensor_info(value, &info), "answer", error))
		return false;
	bool ok = onnx_ok(s->l, c->element(info, ret_element), "answer", error) &&
	          onnx_ok(s->l, c->item_count(info, ret_items), "answer", error);
	c->tensor_info_free(info);
	return ok;
}

/* A tensor of `items` numbers; *ret: g_free. */
static bool read_numbers(const OnnxSession *s, OnnxValue *value, double **ret, size_t *ret_items, GError **error)
{
	int element = 0;
	void *data = NULL;
	if (!measure(s, value, &element, ret_items, error))
		return false;
	if (element != ONNX_ELEMENT_FLOAT && element != ONNX_ELEMENT_DOUBLE)
		return fail(error, FAIL_INVALID, "the model's scores are no tensor of float or double");
	if (!onnx_ok(s->l, s->l->calls.tensor_data(value, &data), "answer", error))
		return false;
	*ret = g_new(double, MAX(*ret_items, (size_t)1));
	for (size_t i = 0; i < *ret_items; i++)
		(*ret)[i] =
		        element == ONNX_ELEMENT_FLOAT ? (double)((const float *)data)[i] : ((const double *)data)[i];
	return true;
}

/* Texts, or whole numbers as such; *ret: NULL-ended. */
static bool read_words(const OnnxSession *s, OnnxValue *value, char ***ret, GError **error)
{
	const OnnxCalls *c = &s->l->calls;
	int element = 0;
	size_t items = 0, size = 0;
	void *data = NULL;
	if (!measure(s, value, &element, &items, error))
		return false;
	g_auto(GStrv) words = g_new0(char *, items + 1);
	if (element == ONNX_ELEMENT_INT64) {
		if (!onnx_ok(s->l, c->tensor_data(value, &data), "answer", error))
			return false;
		for (size_t i = 0; i < items; i++)
			words[i] = g_strdup_printf("%" G_GINT64_FORMAT, ((const int64_t *)data)[i]);
	} else if (element == ONNX_ELEMENT_STRING) {
		if (!onnx_ok(s->l, c->texts_size(value, &size), "answer", error))
			return false;
		g_autofree char *text = g_malloc(size + 1);
		g_autofree size_t *starts = g_new0(size_t, items + 1);
		if (items && !onnx_ok(s->l, c->texts(value, text, size, starts, items), "answer", error))
			return false;
		for (size_t i = 0; i < items; i++)
			words[i] = g_strndup(text + starts[i], (i + 1 < items ? starts[i + 1] : size) - starts[i]);
	} else {
		return fail(error, FAIL_INVALID, "the model's classes are neither texts nor whole numbers (int64)");
	}
	*ret = g_steal_pointer(&words);
	return true;
}

/* width scores of the model's become those of the project's: its order, the logistic or softmax, two classes of one number. */
static bool accept_row(const OnnxBinding *b, const double *said, size_t width, double *ret, GError **error)
{
	double sum = 0;
	g_autofree double *p = g_new(double, b->outputs + 1);
	for (size_t k = 0; k < width; k++)
		if (!isfinite(said[k]))
			return fail(error, FAIL_INVALID,
			        "the model's score of a row is no number: if it does not take missing values, replace "
			        "them in "
			        "the features (impute)");
	memcpy(p, said, width * sizeof *p);
	if (width < b->outputs) {
		p[1] = b->margins ? 1 / (1 + exp(-said[0])) : said[0];
		p[0] = 1 - p[1];
	} else if (b->margins) {
		softmax(p, width);
	}
	for (size_t k = 0; k < b->outputs; k++) {
		if (b->outputs > 1 && (p[k] < -1e-5 || p[k] > 1 + 1e-5))
			return fail(error, FAIL_INVALID,
			        "the model gives a probability of %g; if its scores are margins, say "
			        "models.params.onnx.scores: "
			        "margin",
			        p[k]);
		sum += p[k] = b->outputs > 1 ? CLAMP(p[k], 0, 1) : p[k];
	}
	for (size_t k = 0; k < b->outputs; k++)
		ret[b->order[k]] = b->outputs == 1 ? p[k] : sum > 0 ? p[k] / sum : 1.0 / (double)b->outputs;
	return true;
}

static bool accept_tensor(
        const OnnxSession *s, const OnnxBinding *b, OnnxValue *value, size_t rows, double *ret, GError **error)
{
	g_autofree double *said = NULL;
	size_t items = 0;
	if (!read_numbers(s, value, &said, &items, error))
		return false;
	size_t width = rows ? items / rows : 0;
	bool fits = width * rows == items && (width == b->outputs || (width == 1 && b->outputs == 2));
	if (!fits)
		return fail(error, FAIL_INVALID, "the model answers %zu rows with %zu scores; %zu a row are expected",
		        rows, items, b->outputs);
	for (size_t i = 0; i < rows; i++)
		if (!accept_row(b, said + i * width, width, ret + i * b->outputs, error))
			return false;
	return true;
}

/* The class a map's key is: by its label, or as a number of the model's order. */
static bool class_of_key(const OnnxBinding *b, const char *key, size_t *ret, GError **error)
{
	int found = onnx_class_of(b, key);
	guint64 number;
	if (found < 0 && g_ascii_string_to_unsigned(key, 10, 0, b->outputs - 1, &number, NULL))
		found = (int)b->order[number];
	if (found >= 0) {
		*ret = (size_t)found;
		return true;
	}
	g_autofree char *classes = g_strjoinv(", ", b->classes);
	return fail(error, FAIL_INVALID, "the model knows a class \"%s\", and the target's are %s", key, classes);
}

/* One row's map from classes to scores, put in the model's order. */
static bool read_map(const OnnxSession *s, const OnnxBinding *b, const OnnxValue *map, double *said, GError **error)
{
	const OnnxLibrary *l = s->l;
	OnnxValue *keys = NULL, *values = NULL;
	g_auto(GStrv) words = NULL;
	g_autofree double *numbers = NULL;
	g_autofree bool *seen = g_new0(bool, b->outputs);
	size_t items = 0, known = 0, class = 0;
	int kind = 0;
	if (!onnx_ok(l, l->calls.kind(map, &kind), "answer", error))
		return false;
	if (kind != ONNX_KIND_MAP)
		return fail(error, FAIL_INVALID, "the model's answer for a row is no map from classes to scores");
	bool ok = onnx_ok(l, l->calls.item(map, 0, l->allocator, &keys), "answer", error) &&
	          onnx_ok(l, l->calls.item(map, 1, l->allocator, &values), "answer", error) &&
	          read_words(s, keys, &words, error) && read_numbers(s, values, &numbers, &items, error);
	l->calls.value_free(keys);
	l->calls.value_free(values);
	for (size_t i = 0; ok && words[i] && i < items; i++) {
		ok = class_of_key(b, words[i], &class, error);
		if (!ok || seen[class])
			continue;
		seen[class] = true;
		known++;
		for (size_t k = 0; k < b->outputs; k++)
			if (b->order[k] == class)
				said[k] = numbers[i];
	}
	return ok &&
	       (known == b->outputs || fail(error, FAIL_INVALID, "the model scores %zu of the target's %zu classes",
	                                       known, b->outputs));
}

static bool accept_maps(
        const OnnxSession *s, const OnnxBinding *b, const OnnxValue *value, size_t rows, double *ret, GError **error)
{
	const OnnxLibrary *l = s->l;
	g_autofree double *said = g_new0(double, b->outputs);
	size_t size = 0;
	if (!onnx_ok(l, l->calls.size(value, &size), "answer", error))
		return false;
	if (size != rows || b->outputs < 2)
		return fail(error, FAIL_INVALID, "the model answers %zu rows with %zu maps", rows, size);
	for (size_t i = 0; i < rows; i++) {
		OnnxValue *map = NULL;
		if (!onnx_ok(l, l->calls.item(value, (int)i, l->allocator, &map), "answer", error))
			return false;
		bool ok = read_map(s, b, map, said, error);
		l->calls.value_free(map);
		if (!ok || !accept_row(b, said, b->outputs, ret + i * b->outputs, error))
			return false;
	}
	return true;
}

static bool predict_some(const OnnxSession *s, const OnnxBinding *b, const Matrix *x, double *ret, GError **error)
{
	OnnxValue *value;
	int kind = 0;
	if (!run(s, b, x, b->output, &value, error))
		return false;
	bool ok = onnx_ok(s->l, s->l->calls.kind(value, &kind), "answer", error) &&
	          (kind == ONNX_KIND_SEQUENCE ? accept_maps(s, b, value, x->rows, ret, error)
	                                      : accept_tensor(s, b, value, x->rows, ret, error));
	s->l->calls.value_free(value);
	return ok;
}

static Matrix some_rows(const Matrix *x, size_t from, size_t most)
{
	return (Matrix){
	        .rows = MIN(most, x->rows - from), .columns = x->columns, .values = x->values + from * x->columns};
}

bool onnx_session_predict(const OnnxSession *s, const OnnxBinding *b, const Matrix *x, double *ret, GError **error)
{
	size_t most = b->one_row ? 1 : ROWS_AT_ONCE;
	if (!matrix_check_columns(x, b->columns, error))
		return false;
	for (size_t from = 0; from < x->rows; from += most) {
		Matrix some = some_rows(x, from, most);
		if (!predict_some(s, b, &some, ret + from * b->outputs, error))
			return false;
	}
	return true;
}

static const char *label_port(const OnnxSession *s, const OnnxBinding *b)
{
	for (size_t i = 0; i < s->ports.output_count; i++) {
		const OnnxPort *p = &s->ports.outputs[i];
		bool is_words = p->element == ONNX_ELEMENT_STRING || p->element == ONNX_ELEMENT_INT64;
		if (p->kind == ONNX_KIND_TENSOR && is_words && !g_str_equal(p->name, b->output))
			return p->name;
	}
	return NULL;
}

bool onnx_session_labels(const OnnxSession *s, const OnnxBinding *b, const Matrix *x, char ***ret, GError **error)
{
	const char *port = label_port(s, b);
	size_t most = b->one_row ? 1 : ROWS_AT_ONCE;
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(g_free);
	*ret = NULL;
	for (size_t from = 0; port && from < x->rows; from += most) {
		Matrix some = some_rows(x, from, most);
		OnnxValue *value;
		char **words = NULL;
		if (!run(s, b, &some, port, &value, error))
			return false;
		bool ok = read_words(s, value, &words, error);
		s->l->calls.value_free(value);
		if (!ok)
			return false;
		for (char **word = words; *word; word++)
			g_ptr_array_add(all, *word);
		g_free(words);
	}
	if (!port || all->len != x->rows)
		return true;
	g_ptr_array_add(all, NULL);
	*ret = (char **)g_ptr_array_steal(all, NULL);
	return true;
}

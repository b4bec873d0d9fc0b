/* inference_infer.c: POST /v2/models/NAME[/versions/V]/infer, as JSON and with the binary tensor extension, both ways. */
#include <string.h>

#include "base/error.h"
#include "http/inference.h"
#include "http/tensor.h"
#include "serve/explanation.h"
#include "serve/json_out.h"

enum { PREDICTION, PROBABILITIES, EXPLANATION, OUTPUTS };

/* The outputs there are; a regression has no probabilities, and explanations come only when they are asked for. */
static const char *const OUTPUT_NAMES[OUTPUTS] = {"prediction", "probabilities", "explanation"};

typedef struct Wanted {
	bool is_wanted, is_binary;
	size_t classes; /* the largest so many as "value:index:label" texts; 0: the numbers */
} Wanted;

typedef struct Infer {
	const Served *served;
	const char *json_end;
	const unsigned char *binary;
	size_t binary_size, binary_used;
	const char *id; /* the JSON text of it; NULL: none */
	size_t id_length;
	bool all_binary, has_inputs, has_outputs;
	Wanted outputs[OUTPUTS];
} Infer;

static bool has_output(const Served *s, size_t output)
{
	return output == PREDICTION || (output == PROBABILITIES ? bundle_classifies(s->bundle) : s->explainer != NULL);
}

static bool refuse_output(const Served *s, GError **error)
{
	g_autoptr(GString) known = g_string_new(NULL);
	for (size_t i = 0; i < OUTPUTS; i++)
		if (has_output(s, i))
			g_string_append_printf(known, "%s%s", i ? ", " : "", OUTPUT_NAMES[i]);
	return fail(error, FAIL_INVALID, "unexpected inference output: %s gives %s", s->name, known->str);
}

static bool scan_output_parameters(Scan *s, Wanted *ret)
{
	const char *key;
	size_t length;
	Cell cell;
	if (!scan_enter(s, '{'))
		return false;
	while (scan_more(s, '}') && scan_key(s, &key, &length)) {
		bool binary = scan_key_is(key, length, "binary_data"),
		     classes = scan_key_is(key, length, "classification");
		if (!binary && !classes) {
			if (!scan_skip(s, NULL))
				return false;
			continue;
		}
		if (!scan_cell(s, &cell))
			return false;
		if (binary)
			ret->is_binary = cell.is_true;
		else if (cell.type == CELL_INT && cell.integer > 0)
			ret->classes = (size_t)cell.integer;
	}
	return !s->problem;
}

static bool scan_output(Scan *s, Infer *in, GError **error)
{
	const char *key;
	size_t length, k = OUTPUTS;
	Cell name = {0};
	Wanted wanted = {.is_wanted = true, .is_binary = in->all_binary};
	if (!scan_enter(s, '{'))
		return scan_finish(s, error);
	while (scan_more(s, '}') && scan_key(s, &key, &length))
		if (scan_key_is(key, length, "name")             ? !scan_cell(s, &name)
		        : scan_key_is(key, length, "parameters") ? !scan_output_parameters(s, &wanted)
		                                                 : !scan_skip(s, NULL))
			break;
	if (s->problem)
		return scan_finish(s, error);
	for (size_t i = 0; i < OUTPUTS; i++)
		if (name.type == CELL_TEXT && has_output(in->served, i) &&
		        scan_key_is(name.text, name.length, OUTPUT_NAMES[i]))
			k = i;
	if (k == OUTPUTS)
		return refuse_output(in->served, error);
	if (in->outputs[k].is_wanted)
		return fail(error, FAIL_INVALID, "the output \"%s\" is asked for twice", OUTPUT_NAMES[k]);
	in->outputs[k] = wanted;
	return true;
}

static bool scan_outputs(Scan *s, Infer *in, GError **error)
{
	if (!scan_enter(s, '['))
		return scan_finish(s, error);
	in->has_outputs = true;
	while (scan_more(s, ']'))
		if (!scan_output(s, in, error))
			return false;
	return !s->problem || scan_finish(s, error);
}

static bool scan_inputs(Scan *s, Infer *in, Batch *b, GError **error)
{
	if (!scan_enter(s, '['))
		return scan_finish(s, error);
	in->has_inputs = true;
	while (scan_more(s, ']')) {
		Tensor t;
		if (!tensor_scan(s, &t, error))
			return false;
		size_t size = t.binary_size < 0 ? 0 : (size_t)t.binary_size;
		if (size > in->binary_size - in->binary_used)
			return fail(error, FAIL_INVALID, "the binary data is shorter than its binary_data_size says");
		if (!tensor_add(&t, b, in->json_end, in->binary + in->binary_used, error))
			return false;
		in->binary_used += size;
	}
	return !s->problem || scan_finish(s, error);
}

static bool scan_request_parameters(Scan *s, Infer *in)
{
	const char *key;
	size_t length;
	Cell cell;
	if (!scan_enter(s, '{'))
		return false;
	while (scan_more(s, '}') && scan_key(s, &key, &length)) {
		bool binary = scan_key_is(key, length, "binary_data_output");
		if (!binary ? !scan_skip(s, NULL) : !scan_cell(s, &cell))
			return false;
		if (binary)
			in->all_binary = cell.is_true;
	}
	return !s->problem;
}

static bool scan_id(Scan *s, Infer *in)
{
	if (!scan_skip(s, &in->id))
		return false;
	in->id_length = (size_t)(s->at - in->id);
	return true;
}

/* "outputs" may stand before "parameters", which say how outputs are given: so they are read first. */
static bool scan_settings(const Request *r, size_t size, Infer *in, GError **error)
{
	const char *key;
	size_t length;
	Scan s;
	scan_start(&s, r->body, size);
	if (scan_enter(&s, '{'))
		while (scan_more(&s, '}') && scan_key(&s, &key, &length))
			if (scan_key_is(key, length, "parameters") ? !scan_request_parameters(&s, in)
			        : scan_key_is(key, length, "id")   ? !scan_id(&s, in)
			                                           : !scan_pass(&s, NULL))
				break;
	return scan_finish(&s, error);
}

static bool scan_body(const Request *r, size_t size, Infer *in, Batch *b, GError **error)
{
	const char *key;
	size_t length;
	Scan s;
	bool ok = true;
	scan_start(&s, r->body, size);
	scan_enter(&s, '{');
	while (ok && scan_more(&s, '}') && scan_key(&s, &key, &length)) {
		if (scan_key_is(key, length, "inputs"))
			ok = scan_inputs(&s, in, b, error);
		else if (scan_key_is(key, length, "outputs"))
			ok = scan_outputs(&s, in, error);
		else if (!scan_skip(&s, NULL))
			break;
	}
	if (!ok) {
		scan_clear(&s);
		return false;
	}
	if (!scan_finish(&s, error))
		return false;
	if (!in->has_inputs)
		return batch_refuse(b, error, "the request has no \"inputs\"");
	return in->binary_used == in->binary_size ||
	       fail(error, FAIL_INVALID, "there are %zu bytes behind the last input's binary data",
	               in->binary_size - in->binary_used);
}

/* Bytes without a JSON head: one input, its type and length are the model's to know. */
static bool read_raw(Infer *in, Batch *b, GError **error)
{
	const Served *s = in->served;
	if (s->inputs != 1)
		return batch_refuse(b, error, "raw bytes are for models of one input");
	const char *name = tensor_type_of(s->input_types[0]);
	const TensorType *type = tensor_type(name, strlen(name));
	Tensor t = {.name = s->input_names[0],
	        .name_length = strlen(s->input_names[0]),
	        .type = type,
	        .dimensions = 1,
	        .shape = {type->width ? in->binary_size / type->width : 1},
	        .binary_size = (int64_t)in->binary_size};
	in->all_binary = true;
	return tensor_add(&t, b, NULL, in->binary, error);
}

/* Where the JSON ends and bytes begin. */
static bool find_head(const Visit *v, size_t *ret, GError **error)
{
	const char *given = request_header(v->request, "Inference-Header-Content-Length");
	guint64 length = v->request->size;
	if (given && (!*given || !g_ascii_string_to_unsigned(given, 10, 0, v->request->size, &length, NULL)))
		return fail(error, FAIL_INVALID,
		        "Inference-Header-Content-Length is not a length from 0 to the body's %zu bytes",
		        v->request->size);
	*ret = (size_t)length;
	return true;
}

static bool read_request(Visit *v, Infer *in, Batch *b, GError **error)
{
	size_t head = 0;
	if (!find_head(v, &head, error))
		return false;
	in->json_end = v->request->body + head;
	in->binary = (const unsigned char *)in->json_end;
	in->binary_size = v->request->size - head;
	if (head == 0 && v->request->size > 0)
		return read_raw(in, b, error);
	return scan_settings(v->request, head, in, error) && scan_body(v->request, head, in, b, error);
}

/* A text as BYTES; numbers as FP64. */
static void put_text(GString *to, const char *text)
{
	guint32 length = (guint32)strlen(text);
	g_string_append_len(to, (const char *)&length, sizeof length);
	g_string_append_len(to, text, length);
}

/* One output on its way out: values go to the JSON or to the bytes behind it. */
typedef struct Out {
	GString *json;
	GString *bytes; /* a GByteArray ends at 4 GiB */
	bool is_binary, is_first;
} Out;

static void give_text(Out *o, const char *text)
{
	if (o->is_binary) {
		put_text(o->bytes, text);
		return;
	}
	if (!o->is_first)
		g_string_append_c(o->json, ',');
	o->is_first = false;
	out_text(o->json, text);
}

static void give_number(Out *o, double value)
{
	if (o->is_binary) {
		g_string_append_len(o->bytes, (const char *)&value, sizeof value);
		return;
	}
	if (!o->is_first)
		g_string_append_c(o->json, ',');
	o->is_first = false;
	out_number(o->json, value);
}

/* The larger score first; of equals the first class. */
static int by_score(const void *a, const void *b, void *scores)
{
	const double *p = scores;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	return p[x] > p[y] ? -1 : p[x] < p[y] ? 1 : x < y ? -1 : x > y;
}

static void give_classes(Out *o, const Scores *s, size_t row, size_t count)
{
	const double *p = scores_row(s, row);
	g_autofree size_t *order = g_new(size_t, s->served->outputs);
	for (size_t k = 0; k < s->served->outputs; k++)
		order[k] = k;
	qsort_r(order, s->served->outputs, sizeof *order, by_score, (void *)p);
	for (size_t n = 0; n < count; n++) {
		g_autofree char *text =
		        g_strdup_printf("%f:%zu:%s", p[order[n]], order[n], bundle_class(s->served->bundle, order[n]));
		give_text(o, text);
	}
}

static void give_explanations(Out *o, const Explanations *x)
{
	g_autoptr(GString) text = g_string_new(NULL);
	for (size_t i = 0; i < x->scores->rows; i++) {
		g_string_truncate(text, 0);
		explanation_write(x, i, text);
		give_text(o, text->str);
	}
}

static void give_values(Out *o, const Scores *s, size_t output, const Wanted *w)
{
	for (size_t i = 0; i < s->rows; i++) {
		const char *label = scores_label(s, i);
		if (output == PREDICTION && label)
			give_text(o, label);
		else if (output == PREDICTION)
			give_number(o, scores_row(s, i)[0]);
		else if (w->classes)
			give_classes(o, s, i, w->classes);
		else
			for (size_t k = 0; k < s->served->outputs; k++)
				give_number(o, scores_row(s, i)[k]);
	}
}

static void write_output(Out *o, const Explanations *x, size_t output, const Wanted *w)
{
	const Scores *s = x->scores;
	bool texts =
	        output == EXPLANATION || (output == PREDICTION ? bundle_classifies(s->served->bundle) : w->classes > 0);
	g_string_append_printf(o->json, "{\"name\":\"%s\",\"datatype\":\"%s\",\"shape\":[%zu", OUTPUT_NAMES[output],
	        texts ? "BYTES" : "FP64", s->rows);
	if (output == PROBABILITIES)
		g_string_append_printf(o->json, ",%zu", w->classes ? w->classes : s->served->outputs);
	g_string_append(o->json, o->is_binary ? "]" : "],\"data\":[");
	size_t before = o->bytes->len;
	o->is_first = true;
	if (output == EXPLANATION)
		give_explanations(o, x);
	else
		give_values(o, s, output, w);
	if (o->is_binary)
		g_string_append_printf(o->json, ",\"parameters\":{\"binary_data_size\":%zu}}", o->bytes->len - before);
	else
		g_string_append(o->json, "]}");
}

static void write_answer(Visit *v, const Infer *in, const Explanations *x)
{
	const Scores *s = x->scores;
	g_autoptr(GString) bytes = g_string_new(NULL);
	GString *to = v->reply->body;
	const char *comma = "";
	bool any_binary = false;
	g_string_append(to, "{\"model_name\":");
	out_text(to, s->served->name);
	g_string_append_printf(to, ",\"model_version\":\"%d\"", s->served->version);
	if (in->id) {
		g_string_append(to, ",\"id\":");
		g_string_append_len(to, in->id, (gssize)in->id_length);
	}
	g_string_append(to, ",\"outputs\":[");
	for (size_t k = 0; k < OUTPUTS; k++) {
		Wanted w = in->outputs[k];
		if (!in->has_outputs)
			w = (Wanted){
			        .is_wanted = k != EXPLANATION && has_output(s->served, k), .is_binary = in->all_binary};
		w.classes = MIN(w.classes, s->served->outputs);
		if (!w.is_wanted)
			continue;
		Out o = {.json = to, .bytes = bytes, .is_binary = w.is_binary};
		any_binary = any_binary || w.is_binary;
		g_string_append(to, comma);
		comma = ",";
		write_output(&o, x, k, &w);
	}
	g_string_append(to, "]}");
	if (!any_binary)
		return;
	g_autofree char *length = g_strdup_printf("%zu", to->len);
	reply_header(v->reply, "Inference-Header-Content-Length", length);
	v->reply->type = "application/octet-stream";
	g_string_append_len(to, bytes->str, (gssize)bytes->len);
}

bool inference_infer(Visit *v, const char *model, const char *version, GError **error)
{
	Infer in = {0};
	Scores scores;
	if (!visit_allows(v, "POST", error) || !visit_choose(v, model, version, &in.served, error))
		return false;
	g_autoptr(Batch) b = visit_batch(v, in.served);
	if (!read_request(v, &in, b, error))
		return false;
	bool explains = in.outputs[EXPLANATION].is_wanted;
	if ((explains && !explanations_allowed(b, error)) || !visit_predict(v, b, &scores, error))
		return false;
	g_auto(Explanations) x = {.scores = &scores};
	bool ok = !explains || explanations_make(b, &scores, &x, error);
	if (ok)
		write_answer(v, &in, &x);
	scores_clear(&scores);
	return ok;
}

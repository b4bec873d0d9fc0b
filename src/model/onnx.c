/* onnx.c: a family for a model that exists already: an ONNX file of the project, run by ONNX Runtime where its library is found.
 *
 * Training learns nothing: the file is read, looked through, opened, its inputs tied to the recipe's features and its output to the target's
 * classes (model/onnx_binding.h), and some rows are asked.  From there it is a model like any other.  The bundle has the file's bytes; a
 * session is opened with the first rows that a loaded model is asked about. */
#include "model/families.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/limits.h"
#include "model/bytes.h"
#include "model/onnx_file.h"
#include "model/onnx_session.h"
#include "model/shapley.h"

#define MAGIC "GYONNX1\n"
#define ROWS_TRIED 2000

typedef struct Opened {
	GMutex lock;
	OnnxSession *session;
} Opened;

typedef struct OnnxModel {
	json_t *about; /* the binding */
	OnnxBinding *binding;
	GBytes *bytes; /* of the file */
	Opened *opened;
} OnnxModel;

static const char *const SCORES[] = {"probability", "margin", NULL};

static const Param PARAMS[] = {
        {.name = "file", .type = PARAM_TEXT, .help = "the model, a file of the project"},
        {.name = "inputs",
                .type = PARAM_JSON,
                .preset = "{}",
                .help = "{INPUT: FEATURE or [FEATURES in its order]}, where names do not say which feature an input "
                        "is"},
        {.name = "output", .type = PARAM_TEXT, .help = "the output with the scores, where there is more than one"},
        {.name = "scores",
                .type = PARAM_TEXT,
                .preset = "\"probability\"",
                .choices = SCORES,
                .help = "what that output gives for classes: probabilities, or margins, of which the logistic or "
                        "softmax makes some"},
        {.name = "classes",
                .type = PARAM_TEXTS,
                .preset = "[]",
                .help = "the target's classes in the model's order; else in the project's, which is sorted"},
        {NULL},
};

static void onnx_model_free(void *model)
{
	OnnxModel *m = model;
	if (!m)
		return;
	onnx_session_free(m->opened->session);
	g_mutex_clear(&m->opened->lock);
	g_free(m->opened);
	json_decref(m->about);
	onnx_binding_free(m->binding);
	if (m->bytes)
		g_bytes_unref(m->bytes);
	g_free(m);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OnnxModel, onnx_model_free)

static OnnxModel *onnx_model_new(void)
{
	OnnxModel *m = g_new0(OnnxModel, 1);
	m->opened = g_new0(Opened, 1);
	g_mutex_init(&m->opened->lock);
	return m;
}

static bool onnx_files(const char *folder, const json_t *params, GPtrArray *to, GError **error)
{
	const char *name = json_get_text(params, "file", NULL);
	g_auto(GStrv) parts = g_strsplit(name ? name : "", "/", -1);
	if (!name)
		return true;
	g_autofree char *path = g_build_filename(folder, name, NULL);
	if (!*name || g_path_is_absolute(name) || g_strv_contains((const char *const *)parts, ".."))
		return fail(error, FAIL_INVALID, "models.params.onnx: file: \"%s\" is no file of the project", name);
	if (!g_file_test(path, G_FILE_TEST_IS_REGULAR))
		return fail(error, FAIL_NOT_FOUND, "models.params.onnx: file: there is no file %s", path);
	g_ptr_array_add(to, g_strdup(name));
	return true;
}

static bool read_model(const TrainSet *set, const char *name, OnnxModel *m, GError **error)
{
	g_autofree char *path = g_build_filename(set->code ? set->code : ".", name, NULL);
	char *bytes;
	size_t size;
	if (!file_read(path, LIMIT_ONNX_MODEL_BYTES, &bytes, &size, error))
		return false;
	m->bytes = g_bytes_new_take(bytes, size);
	return onnx_file_check((const uint8_t *)bytes, size, error);
}

/* Class by class: rows that the model itself gives a class must have the higher scores of it.  Where they have the lower ones, classes are mixed up.
 * Wherever the model's threshold is. */
static bool check_labels(const OnnxBinding *b, char *const *labels, const double *scores, size_t rows, GError **error)
{
	g_autofree double *sum = g_new0(double, 2 * b->outputs), *count = g_new0(double, 2 * b->outputs);
	for (size_t i = 0; i < rows; i++) {
		int said = onnx_class_of(b, labels[i]);
		for (size_t k = 0; said >= 0 && k < b->outputs; k++) {
			size_t at = 2 * k + ((size_t)said == k);
			sum[at] += scores[i * b->outputs + k];
			count[at]++;
		}
	}
	for (size_t k = 0; k < b->outputs; k++) {
		if (count[2 * k] < 1 || count[2 * k + 1] < 1 ||
		        sum[2 * k + 1] / count[2 * k + 1] >= sum[2 * k] / count[2 * k])
			continue;
		return fail(error, FAIL_INVALID,
		        "rows that the model itself calls \"%s\" get lower scores of that class than others: its "
		        "classes "
		        "stand in another order; say it in models.params.onnx.classes",
		        b->classes[k]);
	}
	return true;
}

/* Some rows: are there scores, and of the right classes? */
static bool try_rows(const OnnxModel *m, const OnnxSession *s, const Matrix *all, GError **error)
{
	Matrix x = *all;
	x.rows = MIN(x.rows, ROWS_TRIED);
	g_autofree double *scores = g_new(double, MAX(x.rows * m->binding->outputs, (size_t)1));
	g_auto(GStrv) labels = NULL;
	return onnx_session_predict(s, m->binding, &x, scores, error) &&
	       (m->binding->outputs == 1 ||
	               (onnx_session_labels(s, m->binding, &x, &labels, error) &&
	                       (!labels || check_labels(m->binding, labels, scores, x.rows, error))));
}

static int by_value(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;
	return (x > y) - (x < y);
}

/* The middle one of sorted numbers, the most frequent of sorted codes. */
static float usual(const float *value, size_t count, bool is_category)
{
	size_t best = count / 2, most = 0;
	for (size_t from = 0, to = 0; is_category && from < count; from = to) {
		while (to < count && value[to] <= value[from])
			to++;
		if (to - from > most) {
			most = to - from;
			best = from;
		}
	}
	return count ? value[best] : NAN;
}

/* Of some rows: a row that is like many. */
static json_t *base_of(const Matrix *x)
{
	json_t *base = json_array();
	size_t rows = MIN(x->rows, ROWS_TRIED);
	g_autofree float *value = g_new(float, rows + 1);
	for (size_t j = 0; j < x->columns; j++) {
		size_t count = 0;
		for (size_t i = 0; i < rows; i++)
			if (!isnan(x->values[i * x->columns + j]))
				value[count++] = x->values[i * x->columns + j];
		qsort(value, count, sizeof *value, by_value);
		json_array_append_new(
		        base, json_number((double)usual(value, count, x->kinds && x->kinds[j].categories)));
	}
	return base;
}

static bool onnx_ready(const char *code, const json_t *params, GError **error)
{
	const OnnxLibrary *library;
	if (!json_get_text(params, "file", NULL))
		return fail(error, FAIL_INVALID, "the family onnx needs a model: models.params.onnx.file");
	return onnx_library(&library, error);
}

static bool onnx_train(const TrainSet *set, const json_t *params, void **ret_model, json_t **ret_params, GError **error)
{
	const char *name = json_get_text(params, "file", NULL);
	g_autoptr(OnnxModel) m = onnx_model_new();
	if (!onnx_ready(set->code, params, error))
		return false;
	bool ok = read_model(set, name, m, error) && onnx_session_open(m->bytes, &m->opened->session, error) &&
	          onnx_bind(onnx_session_ports(m->opened->session), set, params, &m->about, error) &&
	          json_object_set_new(m->about, "base", base_of(set->x)) == 0 &&
	          onnx_binding_read(m->about, &m->binding, error) && try_rows(m, m->opened->session, set->x, error);
	if (!ok) {
		g_prefix_error(error, "%s: ", name);
		return false;
	}
	*ret_model = g_steal_pointer(&m);
	return true;
}

static bool session_of(const OnnxModel *m, const OnnxSession **ret, GError **error)
{
	g_mutex_lock(&m->opened->lock);
	bool ok = m->opened->session || onnx_session_open(m->bytes, &m->opened->session, error);
	*ret = m->opened->session;
	g_mutex_unlock(&m->opened->lock);
	return ok;
}

static bool onnx_predict(const void *model, const Matrix *x, double *ret, GError **error)
{
	const OnnxModel *m = model;
	const OnnxSession *s;
	return session_of(m, &s, error) && onnx_session_predict(s, m->binding, x, ret, error);
}

/* By asking: nothing is known of the model but its answers. */
static bool onnx_contribute(const void *model, const Matrix *x, Contributions **ret, GError **error)
{
	const OnnxModel *m = model;
	if (!matrix_check_columns(x, m->binding->columns, error))
		return false;
	ShapleyModel asked = {model, onnx_predict, m->binding->outputs, m->binding->outputs > 1, m->binding->base};
	return shapley_contribute(&asked, x, ret, error);
}

static bool always_asks(const void *model)
{
	return true;
}

/* magic, binding, file, and the digest of all before. */
static bool onnx_save(const void *model, GBytes **ret, GError **error)
{
	const OnnxModel *m = model;
	g_autofree char *about = json_canonical(m->about);
	GByteArray *to = g_byte_array_new();
	gsize size;
	const void *bytes = g_bytes_get_data(m->bytes, &size);
	write_magic(to, MAGIC);
	write_u32(to, (uint32_t)strlen(about));
	write_items(to, about, strlen(about), 1);
	write_u32(to, (uint32_t)size);
	write_items(to, bytes, size, 1);
	g_autofree char *digest = digest_of_bytes(to->data, to->len);
	write_items(to, digest, DIGEST_TEXT, 1);
	*ret = g_byte_array_free_to_bytes(to);
	return true;
}

static bool is_whole(GBytes *bytes)
{
	gsize size;
	const char *data = g_bytes_get_data(bytes, &size);
	if (size < DIGEST_TEXT)
		return false;
	g_autofree char *digest = digest_of_bytes(data, size - DIGEST_TEXT);
	return memcmp(digest, data + size - DIGEST_TEXT, DIGEST_TEXT) == 0;
}

static bool onnx_load(GBytes *bytes, void **ret, GError **error)
{
	g_autoptr(OnnxModel) m = onnx_model_new();
	ByteReader r = byte_reader(bytes);
	read_magic(&r, MAGIC);
	if (!r.ok || !is_whole(bytes))
		return fail(error, FAIL_BROKEN, "the stored model is damaged");
	uint32_t about_size = read_u32(&r);
	g_autofree char *about = read_items(&r, about_size, 1);
	uint32_t size = read_u32(&r);
	if (!r.ok || size > LIMIT_ONNX_MODEL_BYTES || r.left != (size_t)size + DIGEST_TEXT)
		return fail(error, FAIL_BROKEN, "the stored model is damaged");
	m->bytes = g_bytes_new_from_bytes(bytes, (gsize)(r.at - (const uint8_t *)g_bytes_get_data(bytes, NULL)), size);
	if (!json_parse("the stored model", about, about_size, &m->about, error) ||
	        !onnx_binding_read(m->about, &m->binding, error) ||
	        !onnx_file_check(g_bytes_get_data(m->bytes, NULL), size, error))
		return false;
	*ret = g_steal_pointer(&m);
	return true;
}

static void onnx_shape(const void *model, size_t *ret_columns, size_t *ret_outputs)
{
	*ret_columns = ((const OnnxModel *)model)->binding->columns;
	*ret_outputs = ((const OnnxModel *)model)->binding->outputs;
}

const ModelFamily FAMILY_ONNX = {
        .name = "onnx",
        .help = "a model that you bring as an ONNX file; where ONNX Runtime's library is found",
        .tasks = TASK_ANY,
        .params = PARAMS,
        .takes_categories = true,
        .files = onnx_files,
        .ready = onnx_ready,
        .train = onnx_train,
        .predict = onnx_predict,
        .contribute = onnx_contribute,
        .contribute_asks = always_asks,
        .save = onnx_save,
        .load = onnx_load,
        .shape = onnx_shape,
        .free = onnx_model_free,
};

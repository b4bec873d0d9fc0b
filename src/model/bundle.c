/* bundle.c: writing, checked reading and use of bundles.
 *
 * A bundle may come from anywhere, so nothing in it is believed: every offset is held to the file's size, and the model's
 * shape to the header's classes and features, before a row is predicted. */
#include "model/bundle.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/limits.h"
#include "feature/row_program.h"
#include "stats/calibration.h"

#define MAGIC "GYREBUNDLE 1\n"
#define MAGIC_SIZE (sizeof MAGIC - 1)
#define ALIGNMENT 64u
#define BLOCK 65536u /* rows made features of at once: what a reader gives, and a bound on memory for larger frames */

struct Bundle {
	json_t *header;
	const ModelFamily *family;
	void *model;
	GBytes *sample; /* NULL: none */
	Recipe *recipe;
	RowProgram *program;      /* the recipe compiled; NULL: it cannot be */
	Calibration *calibration; /* NULL: none */
	size_t classes, outputs, columns;
	const char **labels; /* of the classes; borrowed from the header */
	int positive;
	double threshold; /* 0.5 where the header has none */
};

static uint64_t aligned(uint64_t offset)
{
	return (offset + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

typedef struct PartOut {
	const char *name;
	GBytes *bytes; /* NULL: not there */
	uint64_t offset;
} PartOut;

static uint64_t lay_parts(PartOut *parts, size_t count, uint64_t from, json_t *ret)
{
	for (size_t i = 0; i < count; i++) {
		if (!parts[i].bytes)
			continue;
		uint64_t size = g_bytes_get_size(parts[i].bytes);
		parts[i].offset = aligned(from);
		from = parts[i].offset + size;
		json_object_set_new(ret, parts[i].name,
		        json_pack("{s:I,s:I}", "offset", (json_int_t)parts[i].offset, "size", (json_int_t)size));
	}
	return from;
}

/* The header holds the offsets of what stands behind it, whose digits change its length: it is written again until it fits. */
static char *render_header(const json_t *header, PartOut *parts, size_t count, uint64_t *ret_size)
{
	json_auto_t *whole = json_copy((json_t *)header);
	json_object_set_new(whole, "format", json_integer(1));
	uint64_t begin = 0;
	for (;;) {
		json_t *places = json_object();
		*ret_size = lay_parts(parts, count, begin, places);
		json_object_set_new(whole, "parts", places);
		g_autofree char *text = json_canonical(whole);
		uint64_t needed = aligned(MAGIC_SIZE + sizeof(uint64_t) + strlen(text));
		if (needed == begin)
			return g_steal_pointer(&text);
		begin = MAX(begin, needed);
	}
}

static bool render(const json_t *header, GBytes *model, GBytes *sample, GBytes **ret, GError **error)
{
	PartOut parts[] = {{"model", model}, {"sample", sample}};
	uint64_t total;
	g_autofree char *text = render_header(header, parts, G_N_ELEMENTS(parts), &total);
	uint64_t length = strlen(text);
	if (total > (uint64_t)LIMIT_BUNDLE_BYTES)
		return fail(error, FAIL_LIMIT, "the bundle would have %.1f GiB, more than the %.0f GiB it may have",
		        (double)total / (1 << 30), (double)LIMIT_BUNDLE_BYTES / (1 << 30));
	char *file = g_malloc0(total);
	memcpy(file, MAGIC, MAGIC_SIZE);
	memcpy(file + MAGIC_SIZE, &length, sizeof length);
	memcpy(file + MAGIC_SIZE + sizeof length, text, length);
	for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
		gsize size = 0;
		const void *bytes = parts[i].bytes ? g_bytes_get_data(parts[i].bytes, &size) : NULL;
		if (size)
			memcpy(file + parts[i].offset, bytes, size);
	}
	*ret = g_bytes_new_take(file, total);
	return true;
}

bool bundle_write_with(const char *path, const json_t *header, GBytes *model, GBytes *sample, GError **error)
{
	g_autoptr(GBytes) file = NULL;
	return render(header, model, sample, &file, error) &&
	       file_write(path, g_bytes_get_data(file, NULL), g_bytes_get_size(file), error);
}

bool bundle_to_bytes(const Bundle *b, GBytes **ret, GError **error)
{
	g_autoptr(GBytes) model = NULL;
	return b->family->save(b->model, &model, error) && render(b->header, model, b->sample, ret, error);
}

bool bundle_write(const char *path, const json_t *header, GBytes *model, GError **error)
{
	return bundle_write_with(path, header, model, NULL, error);
}

void bundle_free(Bundle *b)
{
	if (!b)
		return;
	if (b->model)
		b->family->free(b->model);
	if (b->sample)
		g_bytes_unref(b->sample);
	row_program_free(b->program);
	recipe_free(b->recipe);
	calibration_free(b->calibration);
	json_decref(b->header);
	g_free(b->labels);
	g_free(b);
}

static bool damaged(const char *name, const char *what, GError **error)
{
	return fail(error, FAIL_BROKEN, "%s is not a bundle, or is damaged: %s", name, what);
}

static bool read_header(GBytes *bytes, const char *name, Bundle *b, GError **error)
{
	gsize size;
	const char *data = g_bytes_get_data(bytes, &size);
	uint64_t length;
	size_t before = MAGIC_SIZE + sizeof length;
	if (size < before || memcmp(data, MAGIC, MAGIC_SIZE) != 0)
		return damaged(name, "it does not begin like one", error);
	memcpy(&length, data + MAGIC_SIZE, sizeof length);
	if (length > size - before)
		return damaged(name, "its header is cut short", error);
	g_autofree char *where = g_strdup_printf("%s: header", name);
	if (!json_parse(where, data + before, length, &b->header, error))
		return false;
	if (!json_is_object(b->header) || json_get_int(b->header, "format", 0) != 1)
		return damaged(name, "its header is no object of format 1", error);
	return true;
}

static int class_index(const json_t *classes, const char *label)
{
	size_t i;
	json_t *class;
	json_array_foreach (classes, i, class)
		if (g_strcmp0(json_string_value(class), label) == 0)
			return (int)i;
	return -1;
}

static bool read_roles(const char *name, Bundle *b, GError **error)
{
	const json_t *roles = json_object_get(b->header, "roles"), *classes = json_object_get(roles, "classes");
	const char *positive = json_get_text(b->header, "positive", NULL);
	size_t i;
	json_t *class;
	b->positive = -1;
	b->threshold = json_get_number(b->header, "threshold", 0.5);
	if (!isfinite(b->threshold))
		b->threshold = 0.5;
	if (!json_is_object(roles))
		return damaged(name, "it has no roles", error);
	if (task_of(roles) == TASK_REGRESSION) {
		b->outputs = 1;
		return true;
	}
	b->classes = b->outputs = json_array_size(classes);
	if (b->classes < 2 || b->classes > LIMIT_CLASSES)
		return damaged(name, "its classes are not 2 to 1000", error);
	b->labels = g_new0(const char *, b->classes);
	json_array_foreach (classes, i, class)
		if (!(b->labels[i] = json_string_value(class)))
			return damaged(name, "a class has no label", error);
	if (b->classes == 2)
		b->positive = positive ? class_index(classes, positive) : 1;
	if (b->classes == 2 && b->positive < 0)
		return damaged(name, "its positive class is none of its classes", error);
	return true;
}

static bool check_inputs(const char *name, const Bundle *b, GError **error)
{
	size_t i;
	json_t *input;
	json_array_foreach (json_at(b->header, "recipe.inputs"), i, input) {
		ColumnType type;
		if (!json_get_text(input, "name", NULL) ||
		        !column_type_from_name(json_get_text(input, "type", ""), &type))
			return damaged(name, "a column it needs has no name or type", error);
	}
	return true;
}

static bool find_part(
        GBytes *bytes, const char *name, const json_t *part, const char *what, GBytes **ret, GError **error)
{
	const json_t *offset = json_object_get(part, "offset"), *size = json_object_get(part, "size");
	uint64_t total = g_bytes_get_size(bytes);
	g_autofree char *nowhere = g_strdup_printf("it does not say where its %s is", what),
	                *cut = g_strdup_printf("its %s is cut short", what);
	if (!json_is_integer(offset) || !json_is_integer(size) || json_integer_value(offset) < 0 ||
	        json_integer_value(size) < 0)
		return damaged(name, nowhere, error);
	uint64_t from = (uint64_t)json_integer_value(offset), length = (uint64_t)json_integer_value(size);
	if (from > total || length > total - from)
		return damaged(name, cut, error);
	*ret = g_bytes_new_from_bytes(bytes, from, length);
	return true;
}

static bool find_parts(GBytes *bytes, const char *name, Bundle *b, GBytes **ret_model, GError **error)
{
	const json_t *parts = json_object_get(b->header, "parts"), *sample = json_object_get(parts, "sample");
	return (!sample || find_part(bytes, name, sample, "sample", &b->sample, error)) &&
	       find_part(bytes, name, json_object_get(parts, "model"), "model", ret_model, error);
}

GBytes *bundle_sample(const Bundle *b)
{
	return b->sample;
}

static bool read_model(GBytes *part, const char *name, Bundle *b, GError **error)
{
	const char *family = json_get_text(b->header, "family", "");
	size_t columns, outputs;
	b->family = family_find(family);
	if (!b->family)
		return fail(error, FAIL_BROKEN,
		        "%s has a model of the family \"%.60s\", which this program does not know", name, family);
	if (!b->family->load(part, &b->model, error)) {
		g_prefix_error(error, "%s: ", name);
		return false;
	}
	b->family->shape(b->model, &columns, &outputs);
	b->columns = recipe_features(b->recipe);
	Matrix features = {.columns = b->columns, .kinds = recipe_kinds(b->recipe)};
	size_t most = family_columns(b->family, features.kinds, b->columns);
	if (outputs != b->outputs || (columns && (columns > most || columns < matrix_numbers(&features))))
		return damaged(name, "its model does not fit its classes and features", error);
	return true;
}

static bool read_calibration(const char *name, Bundle *b, GError **error)
{
	const json_t *calibration = json_object_get(b->header, "calibration");
	if (!calibration || json_is_null(calibration))
		return true;
	if (!b->classes)
		return damaged(name, "numbers have no calibration", error);
	if (calibration_load(calibration, b->classes, (size_t)MAX(b->positive, 0), &b->calibration, error))
		return true;
	g_prefix_error(error, "%s: ", name);
	return false;
}

bool bundle_load_bytes(GBytes *bytes, const char *name, Bundle **ret, GError **error)
{
	g_autoptr(Bundle) b = g_new0(Bundle, 1);
	g_autoptr(GBytes) part = NULL;
	if (!read_header(bytes, name, b, error) || !read_roles(name, b, error) || !check_inputs(name, b, error) ||
	        !find_parts(bytes, name, b, &part, error))
		return false;
	if (!recipe_load(json_object_get(b->header, "recipe"), &b->recipe, error)) {
		g_prefix_error(error, "%s: ", name);
		return false;
	}
	if (!read_calibration(name, b, error) || !read_model(part, name, b, error))
		return false;
	b->program = row_program_new(b->recipe);
	json_object_del(b->header, "format");
	json_object_del(b->header, "parts");
	*ret = g_steal_pointer(&b);
	return true;
}

bool bundle_load(const char *path, Bundle **ret, GError **error)
{
	g_autoptr(GError) cause = NULL;
	g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, &cause);
	if (!file)
		return fail(error,
		        g_error_matches(cause, G_FILE_ERROR, G_FILE_ERROR_NOENT) ? FAIL_NOT_FOUND : FAIL_UNAVAILABLE,
		        "%s", cause->message);
	if (g_mapped_file_get_length(file) > (gsize)LIMIT_BUNDLE_BYTES)
		return fail(error, FAIL_LIMIT, "%s is larger than a bundle may be", path);
	g_autoptr(GBytes) bytes = g_mapped_file_get_bytes(file);
	return bundle_load_bytes(bytes, path, ret, error);
}

const json_t *bundle_header(const Bundle *b)
{
	return b->header;
}

bool bundle_classifies(const Bundle *b)
{
	return b->classes > 0;
}

const void *bundle_model(const Bundle *b, const ModelFamily **ret_family)
{
	*ret_family = b->family;
	return b->model;
}

size_t bundle_outputs(const Bundle *b)
{
	return b->outputs;
}

size_t bundle_classes(const Bundle *b)
{
	return b->classes;
}

const char *bundle_class(const Bundle *b, size_t i)
{
	return i < b->classes ? b->labels[i] : NULL;
}

int bundle_positive(const Bundle *b)
{
	return b->positive;
}

bool bundle_rules(const Bundle *b, json_t **ret, GError **error)
{
	const char *const *names = recipe_feature_names(b->recipe);
	json_t *rules, *rule, *condition;
	size_t i, k;
	if (!b->family->rules)
		return fail(error, FAIL_NOT_FOUND,
		        "a model of the family %s cannot be told as rules; one of the family tree can",
		        b->family->name);
	if (!b->family->rules(b->model, &rules, error))
		return false;
	json_array_foreach (rules, i, rule)
		json_array_foreach (json_object_get(rule, "conditions"), k, condition)
			json_object_set_new(
			        condition, "feature", json_string(names[json_get_int(condition, "feature", 0)]));
	*ret = rules;
	return true;
}

bool bundle_importance(const Bundle *b, double *ret, GError **error)
{
	if (!b->family->importance)
		return fail(error, FAIL_NOT_FOUND, "a model of the family %s has no importance of its own",
		        b->family->name);
	memset(ret, 0, b->columns * sizeof *ret); /* of features it does not take */
	return b->family->importance(b->model, ret, error);
}

bool bundle_contribute_asks(const Bundle *b)
{
	return b->family->contribute_asks && b->family->contribute_asks(b->model);
}

bool bundle_contribute(const Bundle *b, const Matrix *x, Contributions **ret, GError **error)
{
	Matrix known = *x;
	if (x->columns != b->columns)
		return fail(error, FAIL_INVALID, "the model needs %zu features, these rows have %zu", b->columns,
		        x->columns);
	known.kinds = recipe_kinds(b->recipe);
	return family_contribute(b->family, b->model, &known, ret, error);
}

bool bundle_origins(const Bundle *b, Origins **ret, GError **error)
{
	return recipe_origins(b->recipe, ret, error);
}

bool bundle_predict_model(const Bundle *b, const void *model, const Matrix *x, double *ret, GError **error)
{
	if (x->columns != b->columns)
		return fail(error, FAIL_INVALID, "the model needs %zu features, these rows have %zu", b->columns,
		        x->columns);
	if (!family_predict(b->family, model, x, ret, error))
		return false;
	bundle_calibrate(b, ret, x->rows);
	return true;
}

void bundle_calibrate(const Bundle *b, double *scores, size_t rows)
{
	if (b->calibration)
		calibration_apply(b->calibration, scores, rows);
}

bool bundle_predict_matrix(const Bundle *b, const Matrix *x, double *ret, GError **error)
{
	return bundle_predict_model(b, b->model, x, ret, error);
}

static bool features_of(const Bundle *b, Frame *rows, Matrix **ret, GError **error)
{
	if (!frame_conform(rows, recipe_inputs(b->recipe), NULL, false, error))
		return false;
	g_autoptr(Matrix) x = matrix_new(rows->rows, b->columns);
	x->kinds = recipe_kinds(b->recipe);
	if (!recipe_apply(b->recipe, rows, x->values, error))
		return false;
	*ret = g_steal_pointer(&x);
	return true;
}

bool bundle_features(const Bundle *b, Frame *rows, Matrix **ret, GError **error)
{
	if (!features_of(b, rows, ret, error))
		return false;
	if (!(*ret)->names)
		(*ret)->names = g_strdupv((char **)recipe_feature_names(b->recipe));
	return true;
}

static bool predict_block(const Bundle *b, Frame *rows, double *ret, GError **error)
{
	g_autoptr(Matrix) x = NULL;
	return features_of(b, rows, &x, error) && bundle_predict_matrix(b, x, ret, error);
}

bool bundle_predict(const Bundle *b, Frame *rows, double *ret, GError **error)
{
	size_t total = rows->rows;
	if (total <= BLOCK)
		return predict_block(b, rows, ret, error);
	g_autofree uint8_t *keep = g_malloc(total);
	for (size_t from = 0; from < total; from += BLOCK) {
		size_t count = MIN(total - from, BLOCK);
		memset(keep, 0, total);
		memset(keep + from, 1, count);
		g_autoptr(Frame) block = frame_filter(rows, keep);
		if (!predict_block(b, block, ret + from * b->outputs, error))
			return false;
	}
	return true;
}

bool bundle_is_compiled(const Bundle *b)
{
	return b->program != NULL;
}

/* What a thread needs to make features of rows; it keeps it. */
typedef struct Desk {
	RowScratch scratch;
	float *features;
	size_t room;
} Desk;

static void desk_free(void *desk)
{
	Desk *d = desk;
	row_scratch_clear(&d->scratch);
	g_free(d->features);
	g_free(d);
}

static Desk *my_desk(size_t features)
{
	static GPrivate mine = G_PRIVATE_INIT(desk_free);
	Desk *d = g_private_get(&mine);
	if (!d) {
		d = g_new0(Desk, 1);
		g_private_set(&mine, d);
	}
	if (d->room < features) {
		d->room = features;
		d->features = g_renew(float, d->features, features);
	}
	return d;
}

bool bundle_predict_rows(const Bundle *b, const RowValue *values, size_t rows, double *ret, GError **error)
{
	enum { AT_ONCE = 256 }; /* rows whose features stay in the cache */
	size_t inputs = row_program_inputs(b->program);
	Desk *d = my_desk(MIN(rows, (size_t)AT_ONCE) * MAX(b->columns, (size_t)1));
	for (size_t from = 0; from < rows; from += AT_ONCE) {
		size_t count = MIN(rows - from, (size_t)AT_ONCE);
		Matrix x = {
		        .rows = count, .columns = b->columns, .values = d->features, .kinds = recipe_kinds(b->recipe)};
		row_program_run(b->program, values + from * inputs, count, &d->scratch, x.values);
		if (!bundle_predict_matrix(b, &x, ret + from * b->outputs, error))
			return false;
	}
	return true;
}

size_t bundle_decide(const Bundle *b, const double *scores)
{
	size_t best = 0;
	if (b->positive >= 0) {
		size_t positive = (size_t)b->positive;
		return scores[positive] >= b->threshold ? positive : 1 - positive;
	}
	for (size_t k = 1; k < b->classes; k++)
		if (scores[k] > scores[best])
			best = k;
	return best;
}

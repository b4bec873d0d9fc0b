/* test_onnx.c: brought models without the library that runs them: files looked through, inputs and outputs tied to a project, the stored form. */
#include "model/onnx_binding.h"
#include "model/onnx_file.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/error.h"
#include "export/onnx.h"
#include "model/families.h"

#define ANY (-1)

static GByteArray *small_model(void)
{
	g_autoptr(Onnx) o = onnx_new();
	GByteArray *to = g_byte_array_new();
	onnx_input(o, "x", ONNX_DOUBLE, 2);
	onnx_rename(o, onnx_node(o, "Add", "x", onnx_number(o, 1), NULL), "y");
	onnx_output(o, "y", ONNX_DOUBLE, 2);
	onnx_write(o, "small", to);
	return to;
}

static void expect_refused(const uint8_t *bytes, size_t size, const char *word)
{
	g_autoptr(GError) error = NULL;
	g_assert_false(onnx_file_check(bytes, size, &error));
	if (!strstr(error->message, word))
		g_error("\"%s\" lacks \"%s\"", error->message, word);
}

static void test_file(void)
{
	static const uint8_t OUTSIDE[] = {0x3a, 4, 0x2a, 2, 0x70, 1}; /* graph { initializer { data_location: 1 } } */
	static const uint8_t INSIDE[] = {0x3a, 4, 0x2a, 2, 0x70, 0};  /* the same in the model */
	static const uint8_t NAMED[] = {0x3a, 4, 0x2a, 2, 0x6a, 0};   /* graph { initializer { external_data {} } } */
	static const uint8_t INNER[] = {0x3a, 8, 0x0a, 6, 0x2a, 4, 0x2a, 2, 0x70, 1}; /* in a node's attribute t */
	static const uint8_t NO_GRAPH[] = {0x08, 9};
	g_autoptr(GByteArray) good = small_model();
	g_assert_true(onnx_file_check(good->data, good->len, NULL));
	g_assert_true(onnx_file_check(INSIDE, sizeof INSIDE, NULL));
	expect_refused(OUTSIDE, sizeof OUTSIDE, "beside it");
	expect_refused(NAMED, sizeof NAMED, "beside it");
	expect_refused(INNER, sizeof INNER, "beside it");
	expect_refused(NO_GRAPH, sizeof NO_GRAPH, "no graph");
	expect_refused((const uint8_t *)"size,weight\n1,2\n", 16, "no ONNX model");
	for (size_t size = 1; size < good->len; size++) /* some ends are ends of fields: then there is no graph */
		g_assert_true(!onnx_file_check(good->data, size, NULL) || size > good->len / 2);
}

/* graph { node { attribute { g: graph { node { ... */
static void test_deep(void)
{
	g_autoptr(GByteArray) whole = g_byte_array_new();
	static const uint8_t FIELDS[] = {
	        0x2a, 0x0a, 0x32}; /* node.attribute, graph.node, attribute.g: from the inside */
	for (int i = 0; i < 120; i++) {
		uint8_t head[] = {i == 119 ? 0x3a : FIELDS[i % 3], (uint8_t)(0x80 | (whole->len & 0x7f)),
		        (uint8_t)(whole->len >> 7)};
		g_byte_array_prepend(whole, head, 3);
	}
	expect_refused(whole->data, whole->len, "deeper");
}

static char *NAMES[] = {"size", "weight", "kind_category", NULL};
static const FeatureKind KINDS[] = {{0, FEATURE_ALONE}, {0, FEATURE_ALONE}, {3, FEATURE_ALONE}};

typedef struct World {
	Matrix x;
	TrainSet set;
	json_t *recipe, *roles;
} World;

static void world_init(World *w, size_t classes)
{
	w->x = (Matrix){.columns = 3, .names = NAMES, .kinds = KINDS};
	w->recipe = json_pack("{s:[{s:s,s:{s:[s]},s:{s:[s,s,s]}}]}", "transforms", "transform", "category", "params",
	        "columns", "kind", "state", "categories", "a", "b", "c");
	w->roles = classes == 2   ? json_pack("{s:[s,s]}", "classes", "0", "1")
	           : classes == 3 ? json_pack("{s:[s,s,s]}", "classes", "high", "low", "mid")
	                          : json_object();
	w->set = (TrainSet){.task = classes == 0   ? TASK_REGRESSION
	                            : classes == 2 ? TASK_BINARY
	                                           : TASK_MULTICLASS,
	        .classes = classes,
	        .x = &w->x,
	        .recipe = w->recipe,
	        .roles = w->roles};
}

static void world_clear(World *w)
{
	json_decref(w->recipe);
	json_decref(w->roles);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(World, world_clear)

static OnnxPort port(const char *name, int element, int64_t rows, int64_t columns)
{
	return (OnnxPort){(char *)name, ONNX_KIND_TENSOR, element, columns == 0 ? 1 : 2, {rows, columns}};
}

static OnnxBinding *bind(const World *w, OnnxPorts ports, const char *settings, GError **error)
{
	json_auto_t *params = json_loads(settings, 0, NULL);
	json_auto_t *about = NULL;
	OnnxBinding *b = NULL;
	g_assert_nonnull(params);
	if (onnx_bind(&ports, &w->set, params, &about, error))
		onnx_binding_read(about, &b, error);
	return b;
}

static void expect_bind_error(const World *w, OnnxPorts ports, const char *settings, const char *word)
{
	g_autoptr(GError) error = NULL;
	g_assert_null(bind(w, ports, settings, &error));
	g_assert_error(error, FAIL, FAIL_INVALID);
	if (!strstr(error->message, word))
		g_error("\"%s\" lacks \"%s\"", error->message, word);
}

static void test_columns(void)
{
	g_auto(World) w = {0};
	g_autoptr(GError) error = NULL;
	OnnxPort inputs[] = {port("kind", ONNX_ELEMENT_STRING, ANY, 1), port("size", ONNX_ELEMENT_INT64, ANY, 0)};
	OnnxPort outputs[] = {port("label", ONNX_ELEMENT_INT64, ANY, 0), port("p", ONNX_ELEMENT_FLOAT, ANY, 2)};
	world_init(&w, 2);
	g_autoptr(OnnxBinding) b = bind(&w, (OnnxPorts){inputs, outputs, 2, 2}, "{}", &error);
	g_assert_no_error(error);
	g_assert_cmpuint(b->inputs[0].features[0], ==, 2);
	g_assert_cmpstr(b->inputs[0].labels[0][1], ==, "b");
	g_assert_cmpuint(b->inputs[0].known[0], ==, 3);
	g_assert_cmpuint(b->inputs[1].features[0], ==, 0);
	g_assert_true(b->inputs[1].flat && !b->inputs[0].flat && !b->one_row);
	g_assert_cmpstr(b->output, ==, "p");
	g_assert_cmpint(onnx_class_of(b, "1"), ==, 1);
	g_assert_cmpint(onnx_class_of(b, "True"), ==, 1);
	g_assert_cmpint(onnx_class_of(b, "2"), ==, -1);
	inputs[1].name = (char *)"length";
	expect_bind_error(&w, (OnnxPorts){inputs, outputs, 2, 2}, "{}",
	        "finds no feature \"length\"; the recipe makes size, weight, kind_category (texts)");
	inputs[1].name = (char *)"weight";
	inputs[0].name = (char *)"size"; /* texts are wanted of a number */
	expect_bind_error(&w, (OnnxPorts){inputs, outputs, 2, 2}, "{}", "transform: category");
	g_autoptr(OnnxBinding) told =
	        bind(&w, (OnnxPorts){inputs, outputs, 2, 2}, "{\"inputs\": {\"size\": \"kind\"}}", &error);
	g_assert_no_error(error);
	g_assert_cmpuint(told->inputs[0].features[0], ==, 2);
}

static void test_matrix(void)
{
	g_auto(World) w = {0};
	g_autoptr(GError) error = NULL;
	OnnxPort input = port("X", ONNX_ELEMENT_FLOAT, 1, 2), three = port("X", ONNX_ELEMENT_FLOAT, ANY, 3);
	OnnxPort outputs[] = {
	        port("label", ONNX_ELEMENT_STRING, ANY, 0), {(char *)"maps", ONNX_KIND_SEQUENCE, 0, 0, {0}}};
	world_init(&w, 3);
	g_autoptr(OnnxBinding) b =
	        bind(&w, (OnnxPorts){&input, outputs, 1, 2}, "{\"classes\": [\"mid\", \"high\", \"low\"]}", &error);
	g_assert_no_error(error);
	g_assert_true(b->one_row);
	g_assert_cmpuint(b->inputs[0].width, ==, 2);
	g_assert_cmpstr(b->output, ==, "maps");
	g_assert_cmpuint(b->order[0], ==, 2);
	g_assert_cmpuint(b->order[1], ==, 0);
	expect_bind_error(
	        &w, (OnnxPorts){&input, outputs, 1, 2}, "{\"classes\": [\"mid\", \"mid\", \"low\"]}", "each once");
	expect_bind_error(&w, (OnnxPorts){&three, outputs, 1, 2}, "{}",
	        "takes 3 numbers a row, and the recipe makes 2: size, weight");
	expect_bind_error(
	        &w, (OnnxPorts){&three, outputs, 1, 2}, "{\"inputs\": {\"Y\": [\"size\"]}}", "takes 3 numbers");
	expect_bind_error(
	        &w, (OnnxPorts){&input, outputs, 1, 2}, "{\"inputs\": {\"Y\": [\"size\"]}}", "no input \"Y\"");
	expect_bind_error(&w, (OnnxPorts){&input, outputs, 1, 1}, "{}", "probabilities of 3 classes");
	OnnxPort cube = {(char *)"X", ONNX_KIND_TENSOR, ONNX_ELEMENT_FLOAT, 3, {ANY, 2, 2}},
	         half = port("X", 10, ANY, 2), seven = port("X", ONNX_ELEMENT_FLOAT, 7, 2);
	expect_bind_error(&w, (OnnxPorts){&cube, outputs, 1, 2}, "{}", "3 dimensions");
	expect_bind_error(&w, (OnnxPorts){&half, outputs, 1, 2}, "{}", "not of a type");
	expect_bind_error(&w, (OnnxPorts){&seven, outputs, 1, 2}, "{}", "7 rows at a time");
	expect_bind_error(&w, (OnnxPorts){NULL, outputs, 0, 2}, "{}", "no inputs");
}

static void test_damaged_binding(void)
{
	static const char *const WRONG[] = {"{}", "{\"columns\": 3, \"outputs\": 1}",
	        "{\"columns\":1,\"outputs\":1,\"classes\":[],\"order\":[0],\"output\":\"y\",\"inputs\":[{\"name\":"
	        "\"x\",\"element\":\"float\",\"features\":[1],\"labels\":[null]}]}",
	        "{\"columns\":2,\"outputs\":1,\"classes\":[],\"order\":[1],\"output\":\"y\",\"inputs\":[{\"name\":"
	        "\"x\",\"element\":\"float\",\"features\":[1],\"labels\":[null]}]}",
	        "{\"columns\":2,\"outputs\":1,\"classes\":[],\"order\":[0],\"output\":\"y\",\"inputs\":[{\"name\":"
	        "\"x\",\"element\":\"text\",\"features\":[1],\"labels\":[null]}]}",
	        "{\"columns\":2,\"outputs\":2,\"classes\":[\"a\",\"b\"],\"order\":[0,0],\"output\":\"y\",\"inputs\":[{"
	        "\"name\":\"x\",\"element\":\"float\",\"features\":[1],\"labels\":[null]}]}"};
	for (size_t i = 0; i < G_N_ELEMENTS(WRONG); i++) {
		json_auto_t *about = json_loads(WRONG[i], 0, NULL);
		OnnxBinding *b = NULL;
		g_autoptr(GError) error = NULL;
		g_assert_nonnull(about);
		g_assert_false(onnx_binding_read(about, &b, &error));
		g_assert_error(error, FAIL, FAIL_BROKEN);
	}
}

/* Which files the training step has for inputs. */
static void test_files(void)
{
	g_autofree char *folder = g_dir_make_tmp("gyre-onnx-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, "m.onnx", NULL);
	g_assert_true(g_file_set_contents(path, "x", 1, NULL));
	static const struct {
		const char *params;
		int code; /* -1: fine */
		guint files;
	} CASES[] = {{"{\"onnx\": {\"file\": \"m.onnx\"}, \"command\": {\"files\": [\"m.onnx\"]}}", -1, 1},
	        {"{}", -1, 0}, {"{\"onnx\": {\"file\": \"../m.onnx\"}}", FAIL_INVALID, 0},
	        {"{\"onnx\": {\"file\": \"n.onnx\"}}", FAIL_NOT_FOUND, 0}};
	for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
		json_auto_t *params = json_loads(CASES[i].params, 0, NULL);
		g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
		g_autoptr(GError) error = NULL;
		g_assert_true(families_files(folder, params, files, &error) == (CASES[i].code < 0));
		g_assert_true(CASES[i].code < 0 || g_error_matches(error, FAIL, CASES[i].code));
		g_assert_true(CASES[i].code >= 0 || files->len == CASES[i].files);
	}
	g_remove(path);
	g_rmdir(folder);
}

/* A model without a file, and a library that is not there. */
static void test_absent(void)
{
	g_auto(World) w = {0};
	g_autoptr(GError) error = NULL;
	g_autoptr(GError) absent = NULL;
	void *model = NULL;
	json_auto_t *none = json_object();
	json_auto_t *params = json_pack("{s:s}", "file", "m.onnx");
	world_init(&w, 2);
	g_assert_false(FAMILY_ONNX.train(&w.set, none, &model, NULL, &error));
	g_assert_error(error, FAIL, FAIL_INVALID);
	g_setenv("GYRE_ONNXRUNTIME", "/nowhere/libonnxruntime.so", TRUE);
	g_assert_false(FAMILY_ONNX.train(&w.set, params, &model, NULL, &absent));
	g_assert_error(absent, FAIL, FAIL_UNAVAILABLE);
	g_assert_nonnull(strstr(absent->message, "deps/install onnxruntime"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/onnx/file", test_file);
	g_test_add_func("/onnx/deep", test_deep);
	g_test_add_func("/onnx/columns", test_columns);
	g_test_add_func("/onnx/matrix", test_matrix);
	g_test_add_func("/onnx/damaged binding", test_damaged_binding);
	g_test_add_func("/onnx/files", test_files);
	g_test_add_func("/onnx/absent", test_absent);
	return g_test_run();
}

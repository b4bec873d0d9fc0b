/* test_transfer.c: how alike tables are, what is taken of earlier studies, and where it stands in a search. */
#include "model/transfer.h"

#include <math.h>
#include <string.h>

#include "base/json.h"

static json_t *table_of(const char *task, int rows, double text)
{
	return json_pack("{s:s,s:i,s:i,s:f,s:f,s:i,s:f}", "task", task, "rows", rows, "columns", 10, "text", text,
	        "missing", 0.0, "classes", 2, "balance", 1.0);
}

static json_t *trial_of(int number, const char *family, const char *param, double setting, double auc)
{
	return json_pack("{s:i,s:s,s:{s:f},s:{s:f}}", "number", number, "family", family, "params", param, setting,
	        "metrics", "roc_auc", auc);
}

/* Steals both. */
static json_t *study_of(json_t *about, json_t *trials)
{
	return json_pack("{s:o,s:o}", "about", about, "trials", trials);
}

static void test_distance(void)
{
	json_auto_t *a = table_of("classification", 1000, 0.5), *b = table_of("classification", 10000, 0.5);
	json_auto_t *c = table_of("classification", 10000, 0.25), *d = table_of("regression", 1000, 0.5);
	json_auto_t *none = json_object();
	g_assert_cmpfloat_with_epsilon(transfer_distance(a, a), 0, 1e-12);
	g_assert_cmpfloat_with_epsilon(transfer_distance(a, b), 1, 1e-12);
	g_assert_cmpfloat_with_epsilon(transfer_distance(c, a), sqrt(1 + 0.25), 1e-12);
	g_assert_true(isnan(transfer_distance(a, d)));
	g_assert_true(isnan(transfer_distance(a, none)));
}

static void test_most(void)
{
	json_auto_t *settings = json_pack("{s:i}", "trials", 23);
	json_auto_t *off = json_pack("{s:b}", "transfer", 0), *fixed = json_pack("{s:s}", "method", "fixed");
	g_assert_cmpuint(transfer_most(NULL), ==, 5);
	g_assert_cmpuint(transfer_most(settings), ==, 5);
	g_assert_cmpuint(transfer_most(off), ==, 0);
	g_assert_cmpuint(transfer_most(fixed), ==, 0);
}

static void assert_taken(const json_t *found, size_t i, const char *from, int number)
{
	g_assert_cmpstr(json_get_text(json_array_get(found, i), "from", ""), ==, from);
	g_assert_cmpint(json_get_int(json_array_get(found, i), "number", -1), ==, number);
}

/* The best of the nearest first, in turn; not the default, not twice, not of families that are not searched, with what is fixed. */
static void test_find(void)
{
	const ModelFamily *families[] = {family_find("baseline"), family_find("boosted")};
	json_auto_t *fixed = json_pack("{s:{s:i}}", "boosted", "rounds", 7);
	json_auto_t *about = table_of("classification", 1000, 0.5);
	json_auto_t *far = study_of(
	        table_of("classification", 1000000, 0.5), json_pack("[o]", trial_of(0, "boosted", "eta", 0.2, 0.99)));
	json_auto_t *near = study_of(table_of("classification", 2000, 0.5),
	        json_pack("[o,o,o,o]", trial_of(0, "boosted", "eta", 0.05, 0.8),
	                trial_of(1, "boosted", "eta", 0.1, 0.95), trial_of(2, "boosted", "eta", 0.07, 0.9),
	                trial_of(3, "linear", "c", 1, 0.99)));
	json_auto_t *nearer = study_of(table_of("classification", 1000, 0.5),
	        json_pack("[o,o,o]", trial_of(0, "boosted", "eta", 0.2, 0.7), trial_of(1, "boosted", "eta", 0.07, 0.75),
	                trial_of(2, "boosted", "no_such", 1, 0.8)));
	const json_t *studies[] = {far, near, NULL, nearer};
	const char *digests[] = {"far", "near", NULL, "nearer"};
	SearchSpace space = {.families = families, .count = 2, .fixed = fixed, .seed = 3};
	TransferWanted wanted = {.space = &space,
	        .metric = metric_find("roc_auc"),
	        .about = about,
	        .studies = studies,
	        .digests = digests,
	        .count = 4,
	        .most = 10};
	json_auto_t *found = transfer_find(&wanted);
	g_assert_cmpuint(json_array_size(found), ==, 3);
	assert_taken(found, 0, "nearer", 1);
	assert_taken(found, 1, "nearer", 0);
	assert_taken(found, 2, "near", 0);
	for (size_t i = 0; i < 3; i++)
		g_assert_cmpint(json_integer_value(json_at(json_array_get(found, i), "params.rounds")), ==, 7);
	wanted.most = 2;
	json_auto_t *fewer = transfer_find(&wanted);
	g_assert_cmpuint(json_array_size(fewer), ==, 2);
}

static json_t *params_at(const SearchSpace *space, unsigned number)
{
	const ModelFamily *family;
	json_t *params;
	g_assert_true(SEARCHES[0]->next(space, number, &family, &params));
	return params;
}

/* They stand behind the defaults; what an entry of the portfolio or a random trial would repeat is not tried twice. */
static void test_place(void)
{
	const ModelFamily *families[] = {family_find("boosted")};
	SearchSpace space = {.families = families, .count = 1, .portfolio = 3, .seed = 3};
	json_auto_t *taken = json_array();
	unsigned from[] = {2, 9}; /* an entry of the portfolio, and one that is drawn */
	for (size_t i = 0; i < G_N_ELEMENTS(from); i++)
		json_array_append_new(
		        taken, json_pack("{s:s,s:o}", "family", "boosted", "params", params_at(&space, from[i])));
	SearchSpace knowing = space;
	knowing.transferred = taken;
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (unsigned number = 0; number < 12; number++) {
		json_auto_t *params = params_at(&knowing, number);
		g_assert_true(g_hash_table_add(seen, transfer_spelt(families[0], params)));
		if (number >= 1 && number <= 2)
			g_assert_true(json_equal(params, json_object_get(json_array_get(taken, number - 1), "params")));
	}
	json_auto_t *first = params_at(&space, 1), *behind = params_at(&knowing, 3);
	g_assert_true(json_equal(first, behind));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/transfer/distance", test_distance);
	g_test_add_func("/transfer/most", test_most);
	g_test_add_func("/transfer/find", test_find);
	g_test_add_func("/transfer/place", test_place);
	return g_test_run();
}

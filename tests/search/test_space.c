/* test_space.c: spaces: what is refused and in which words, conditions, scales, and the way to JSON and back. */
#include "kit.h"

#include "base/error.h"

static Space *read_space(const char *text)
{
	json_auto_t *about = kit_json(text);
	g_autoptr(GError) error = NULL;
	Space *s = NULL;
	space_read(about, &s, &error);
	g_assert_no_error(error);
	return s;
}

static void test_refused(void)
{
	static const struct {
		const char *space, *words;
	} CASES[] = {
	        {"{}", "at least one parameter"},
	        {"[]", "at least one parameter"},
	        {"{'x':1}", "x: a parameter is an object"},
	        {"{'x':{}}", "x: \"type\" is real, int or text"},
	        {"{'x':{'type':'float','min':0,'max':1}}", "x: \"type\" is real, int or text"},
	        {"{'x':{'type':'real','min':0}}", "\"min\" and \"max\" are numbers"},
	        {"{'x':{'type':'real','min':2,'max':1}}", "\"min\" is above \"max\""},
	        {"{'x':{'type':'real','min':-1.7e308,'max':1.7e308}}", "too far apart"},
	        {"{'x':{'type':'real','min':0,'max':1,'log':true}}", "above 0"},
	        {"{'x':{'type':'real','min':1,'max':2,'log':1}}", "\"log\" is true or false"},
	        {"{'x':{'type':'int','min':0.5,'max':2}}", "whole numbers"},
	        {"{'x':{'type':'int','min':0,'max':1e300}}", "within 2^52"},
	        {"{'x':{'type':'text','choices':[]}}", "at least one"},
	        {"{'x':{'type':'text','choices':['a','a']}}", "twice"},
	        {"{'x':{'type':'text','choices':[{}]}}", "texts, numbers, booleans or null"},
	        {"{'x':{'type':'real','min':0,'max':1,'step':2}}", "there is no \"step\""},
	        {"{'x':{'type':'real','min':0,'max':1,'when':{'y':1}}}", "is not there"},
	        {"{'x':{'type':'real','min':0,'max':1,'when':3}}", "\"when\" is an object"},
	        {"{'x':{'type':'int','min':0,'max':1,'when':{'y':1}},'y':{'type':'int','min':0,'max':1,'when':{'x':1}}"
	         "}",
	                "in a circle"},
	        {"{'x':{'type':'text','choices':['a']},'y':{'type':'int','min':0,'max':1,'when':{'x':'b'}}}",
	                "y: x never has that value"},
	        {"{'x':{'type':'real','min':0,'max':1},'y':{'type':'int','min':0,'max':1,'when':{'x':1}}}",
	                "on a text or an int"},
	        {"{'x':{'type':'int','min':0,'max':1},'y':{'type':'int','min':0,'max':1,'when':{'x':0.5}}}",
	                "y: x never has that value"},
	        {"{'x':{'type':'int','min':0,'max':1},'y':{'type':'int','min':0,'max':1,'when':{'x':[]}}}",
	                "y: a condition names at least one value"},
	};
	for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
		json_auto_t *about = kit_json(CASES[i].space);
		g_autoptr(GError) error = NULL;
		Space *s = NULL;
		g_assert_false(space_read(about, &s, &error));
		g_assert_error(error, FAIL, FAIL_INVALID);
		if (!strstr(error->message, CASES[i].words))
			g_error("\"%s\" has no \"%s\"", error->message, CASES[i].words);
	}
}

/* Written before the one it depends on, and two levels deep. */
static void test_conditions(void)
{
	g_autoptr(Space) s = read_space("{'z':{'type':'real','min':0,'max':1,'when':{'y':[2,3]}},"
	                                "'y':{'type':'int','min':1,'max':3,'when':{'x':true}},"
	                                "'x':{'type':'text','choices':[true,false]}}");
	double units[3] = {0, 0.5, 0.5}, point[3];
	g_assert_cmpstr(s->dims[0].name, ==, "x");
	g_assert_cmpstr(s->dims[2].name, ==, "z");
	g_assert_cmpuint(s->groups, ==, 3);
	space_place(s, units, point);
	g_assert_true(point[0] == 0 && point[1] == 2 && point[2] == 0.5);
	units[1] = 0;
	space_place(s, units, point);
	g_assert_true(point[1] == 1 && isnan(point[2]));
	units[0] = 0.9;
	space_place(s, units, point);
	g_assert_true(point[0] == 1 && isnan(point[1]) && isnan(point[2]));
	json_auto_t *params = space_params(s, point), *expected = kit_json("{'x':false}");
	g_assert_true(json_equal(params, expected));
}

/* Each whole number, also on a logarithmic scale, is what its own place gives back; ends of the unit interval are within. */
static void test_places(void)
{
	g_autoptr(Space) s =
	        read_space("{'a':{'type':'int','min':-3,'max':4},'b':{'type':'int','min':1,'max':50,'log':true},"
	                   "'c':{'type':'real','min':1e-6,'max':1e3,'log':true},'d':{'type':'text','choices':[1,2,"
	                   "3]},'e':{'type':'real','min':2,'max':2}}");
	for (size_t i = 0; i < s->count; i++) {
		const Dim *d = &s->dims[i];
		g_assert_true(dim_value(d, 0) >= d->min && dim_value(d, 1) <= d->max);
		for (double v = d->min; d->type != DIM_REAL && v <= d->max; v++)
			g_assert_true(dim_value(d, dim_unit(d, v)) == v);
	}
	g_assert_cmpfloat(fabs(dim_value(&s->dims[2], 0.5) - pow(10, -1.5)), <, 1e-12);
	g_assert_true(dim_value(&s->dims[4], 0.3) == 2);
}

static void test_points(void)
{
	static const struct {
		const char *params, *words;
	} CASES[] = {
	        {"{'k':'a','lr':0.1,'d':5,'reg':1}", "n is missing"},
	        {"{'k':'z','lr':0.1,'d':5,'reg':1,'n':5}", "k is not one of its choices"},
	        {"{'k':'a','lr':2,'d':5,'reg':1,'n':5}", "lr is not a number from 0.0001 to 1"},
	        {"{'k':'a','lr':0.1,'d':5.5,'reg':1,'n':5}", "d is not a whole number from 2 to 12"},
	        {"{'k':'a','lr':0.1,'d':5,'reg':1,'n':5,'drop':0.5}", "not in the space"},
	};
	g_autoptr(Space) s = read_space(SPACE_MIXED);
	double point[6];
	for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
		json_auto_t *params = kit_json(CASES[i].params);
		g_autoptr(GError) error = NULL;
		g_assert_false(space_point(s, params, point, &error));
		if (!strstr(error->message, CASES[i].words))
			g_error("\"%s\" has no \"%s\"", error->message, CASES[i].words);
	}
	json_auto_t *good = kit_json("{'k':'b','lr':0.1,'d':5,'reg':1,'drop':0.5}");
	g_assert_true(space_point(s, good, point, NULL));
	json_auto_t *back = space_params(s, point);
	g_autofree char *a = json_canonical(back), *b = json_canonical(good);
	json_auto_t *again = json_loads(a, 0, NULL);
	g_assert_true(space_point(s, again, point, NULL));
	g_assert_nonnull(strstr(b, "drop"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/space/refused", test_refused);
	g_test_add_func("/space/conditions", test_conditions);
	g_test_add_func("/space/places", test_places);
	g_test_add_func("/space/points", test_points);
	return g_test_run();
}

/* space.c: reading a space, and the ways between values, unit numbers and JSON. */
#include "search/space.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"

static void dim_clear(Dim *d)
{
	g_free(d->name);
	json_decref(d->choices);
	for (guint i = 0; d->when && i < d->when->len; i++)
		json_decref(g_array_index(d->when, DimCondition, i).values);
	if (d->when)
		g_array_unref(d->when);
}

void space_free(Space *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->count; i++)
		dim_clear(&s->dims[i]);
	g_free(s->dims);
	json_decref(s->about);
	g_free(s);
}

static bool wrong(const char *name, const char *what, GError **error)
{
	return fail(error, FAIL_INVALID, "space: %s: %s", name, what);
}

static bool read_type(Dim *d, const json_t *about, GError **error)
{
	static const char *const NAMES[] = {[DIM_REAL] = "real", [DIM_INT] = "int", [DIM_TEXT] = "text"};
	const char *type = json_get_text(about, "type", "");
	for (size_t i = 0; i < G_N_ELEMENTS(NAMES); i++)
		if (strcmp(NAMES[i], type) == 0) {
			d->type = (DimType)i;
			return true;
		}
	return wrong(d->name, "\"type\" is real, int or text", error);
}

static bool read_range(Dim *d, const json_t *about, GError **error)
{
	const json_t *min = json_object_get(about, "min"), *max = json_object_get(about, "max");
	if (!json_is_number(min) || !json_is_number(max))
		return wrong(d->name, "\"min\" and \"max\" are numbers", error);
	d->min = json_number_value(min);
	d->max = json_number_value(max);
	d->is_log = json_get_bool(about, "log", false);
	if (!(d->min <= d->max))
		return wrong(d->name, "\"min\" is above \"max\"", error);
	if (isinf(d->max - d->min))
		return wrong(d->name, "\"min\" and \"max\" are too far apart", error);
	if (d->type == DIM_INT && (d->min != floor(d->min) || d->max != floor(d->max)))
		return wrong(d->name, "the bounds of an int are whole numbers", error);
	if (d->type == DIM_INT && (fabs(d->min) > 0x1p52 || fabs(d->max) > 0x1p52))
		return wrong(d->name, "the bounds of an int are within 2^52", error);
	if (d->is_log && d->min <= 0)
		return wrong(d->name, "a logarithmic scale needs a \"min\" above 0", error);
	return true;
}

static bool is_plain(const json_t *value)
{
	return json_is_string(value) || json_is_number(value) || json_is_boolean(value) || json_is_null(value);
}

static bool fits_type(DimType type, const json_t *value)
{
	double number = json_number_value(value);
	return type == DIM_TEXT || (json_is_number(value) && (type == DIM_REAL || number == floor(number)));
}

/* Numbers to choose from have no order then: they are as texts. */
static bool read_choices(Dim *d, const json_t *about, GError **error)
{
	json_t *choices = json_object_get(about, "choices"), *value;
	size_t i;
	if (!json_is_array(choices) || json_array_size(choices) == 0)
		return wrong(d->name, "\"choices\" is a list of at least one; a text has them", error);
	if (json_object_get(about, "min") || json_object_get(about, "max") || json_get_bool(about, "log", false))
		return wrong(d->name, "where there are \"choices\" there is no \"min\", \"max\" or \"log\"", error);
	json_array_foreach (choices, i, value) {
		if (!is_plain(value))
			return wrong(d->name, "choices are texts, numbers, booleans or null", error);
		if (!fits_type(d->type, value))
			return wrong(d->name,
			        d->type == DIM_INT ? "the choices of an int are whole numbers"
			                           : "the choices of a real are numbers",
			        error);
		for (size_t k = 0; k < i; k++)
			if (json_equal(json_array_get(choices, k), value))
				return wrong(d->name, "a choice stands there twice", error);
	}
	d->type = DIM_TEXT;
	d->choices = json_incref(choices);
	d->count = json_array_size(choices);
	d->max = (double)d->count - 1;
	return true;
}

static bool read_dim(Dim *d, const char *name, const json_t *about, GError **error)
{
	static const char *const KEYS[] = {"type", "min", "max", "log", "choices", "when", NULL};
	const char *key;
	json_t *value;
	d->name = g_strdup(name);
	d->when = g_array_new(FALSE, FALSE, sizeof(DimCondition));
	if (!json_is_object(about))
		return wrong(name, "a parameter is an object with \"type\"", error);
	json_object_foreach ((json_t *)about, key, value) {
		if (!g_strv_contains(KEYS, key))
			return fail(error, FAIL_INVALID,
			        "space: %s: there is no \"%s\" (type, min, max, log, choices, when)", name, key);
	}
	value = json_object_get(about, "log");
	if (value && !json_is_boolean(value))
		return wrong(name, "\"log\" is true or false", error);
	if (!read_type(d, about, error))
		return false;
	bool chosen = d->type == DIM_TEXT || json_object_get(about, "choices");
	return chosen ? read_choices(d, about, error) : read_range(d, about, error);
}

static bool find_dim(const Space *s, const char *name, size_t *ret)
{
	for (size_t i = 0; i < s->count; i++)
		if (strcmp(s->dims[i].name, name) == 0) {
			*ret = i;
			return true;
		}
	return false;
}

/* Could the other parameter have this value at all? */
static bool could_be(const Dim *d, const json_t *value)
{
	if (d->type == DIM_INT)
		return fits_type(DIM_INT, value) && json_number_value(value) >= d->min &&
		       json_number_value(value) <= d->max;
	for (size_t i = 0; i < d->count; i++)
		if (json_equal(json_array_get(d->choices, i), value))
			return true;
	return false;
}

/* False without an error when a named parameter is not placed yet. */
static bool read_when(const Space *s, Dim *d, const json_t *when, GError **error)
{
	const char *name;
	json_t *value;
	json_object_foreach ((json_t *)when, name, value) {
		DimCondition c = {0};
		if (!find_dim(s, name, &c.dim))
			return false;
		json_auto_t *values = json_is_array(value) ? json_incref(value) : json_pack("[O]", value);
		size_t i;
		json_t *one;
		if (s->dims[c.dim].type == DIM_REAL)
			return wrong(d->name, "a condition is on a text or an int", error);
		if (json_array_size(values) == 0)
			return wrong(d->name, "a condition names at least one value", error);
		json_array_foreach (values, i, one) {
			if (!could_be(&s->dims[c.dim], one))
				return fail(error, FAIL_INVALID, "space: %s: %s never has that value", d->name, name);
		}
		c.values = g_steal_pointer(&values);
		g_array_append_val(d->when, c);
	}
	return true;
}

/* Places every parameter whose conditions name placed ones; again until nothing changes.  Once placed, it stays put. */
static bool place_dims(Space *s, const json_t *about, GError **error)
{
	size_t before;
	const char *name;
	json_t *one;
	do {
		before = s->count;
		json_object_foreach ((json_t *)about, name, one) {
			size_t there;
			GError *problem = NULL;
			const json_t *when = json_object_get(one, "when");
			Dim d = {0};
			if (find_dim(s, name, &there))
				continue;
			bool ok = read_dim(&d, name, one, &problem);
			if (ok && when && !json_is_object(when))
				ok = wrong(name, "\"when\" is an object: {other parameter: value}", &problem);
			ok = ok && read_when(s, &d, when, &problem);
			if (ok) {
				s->dims[s->count++] = d;
				continue;
			}
			dim_clear(&d);
			if (problem) {
				g_propagate_error(error, problem);
				return false;
			}
		}
	} while (s->count > before);
	if (s->count < json_object_size(about))
		return fail(error, FAIL_INVALID,
		        "space: a \"when\" names a parameter that is not there, or they go round in "
		        "a circle");
	return true;
}

static void find_groups(Space *s)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	s->groups = 1;
	for (size_t i = 0; i < s->count; i++) {
		const json_t *when = json_object_get(json_object_get(s->about, s->dims[i].name), "when");
		if (json_object_size(when) == 0)
			continue;
		char *key = json_canonical(when);
		size_t group = GPOINTER_TO_SIZE(g_hash_table_lookup(seen, key));
		if (!group)
			group = s->groups++;
		g_hash_table_insert(seen, key, GSIZE_TO_POINTER(group));
		s->dims[i].group = group;
	}
}

bool space_read(const json_t *about, Space **ret, GError **error)
{
	size_t count = json_object_size(about);
	if (!json_is_object(about) || count == 0)
		return fail(error, FAIL_INVALID, "space: an object with at least one parameter is expected");
	if (count > LIMIT_SEARCH_PARAMS)
		return fail(error, FAIL_LIMIT, "space: %zu parameters are more than the limit of %d", count,
		        LIMIT_SEARCH_PARAMS);
	g_autoptr(Space) s = g_new0(Space, 1);
	s->dims = g_new0(Dim, count);
	s->about = json_deep_copy(about);
	if (!place_dims(s, s->about, error))
		return false;
	find_groups(s);
	*ret = g_steal_pointer(&s);
	return true;
}

json_t *space_from_param(const Param *p)
{
	double low = p->tune_min, high = p->tune_max;
	if (low == 0 && high == 0) {
		low = p->min;
		high = p->max;
	}
	if (p->type == PARAM_BOOL)
		return json_pack("{s:s,s:[b,b]}", "type", "text", "choices", 0, 1);
	if (p->choices) {
		json_t *choices = json_array();
		for (const char *const *c = p->choices; *c; c++)
			json_array_append_new(choices, json_string(*c));
		return json_pack("{s:s,s:o}", "type", "text", "choices", choices);
	}
	return json_pack("{s:s,s:f,s:f,s:b}", "type", p->type == PARAM_INT ? "int" : "real", "min", low, "max", high,
	        "log", (p->flags & PARAM_LOG) != 0);
}

static bool holds(const Space *s, const DimCondition *c, const double *point)
{
	const Dim *d = &s->dims[c->dim];
	double value = point[c->dim];
	size_t i;
	json_t *wanted;
	if (isnan(value))
		return false;
	json_array_foreach (c->values, i, wanted) {
		if (d->type == DIM_TEXT ? json_equal(json_array_get(d->choices, (size_t)value), wanted)
		                        : json_number_value(wanted) == value)
			return true;
	}
	return false;
}

bool space_has(const Space *s, size_t dim, const double *point)
{
	const GArray *when = s->dims[dim].when;
	for (guint i = 0; i < when->len; i++)
		if (!holds(s, &g_array_index(when, DimCondition, i), point))
			return false;
	return true;
}

double dim_low(const Dim *d)
{
	double low = d->type == DIM_INT ? d->min - 0.5 : d->min;
	return d->is_log ? log(low) : low;
}

double dim_high(const Dim *d)
{
	double high = d->type == DIM_INT ? d->max + 0.5 : d->max;
	return d->is_log ? log(high) : high;
}

double dim_scaled(const Dim *d, double value)
{
	return d->is_log ? log(value) : value;
}

double dim_unscaled(const Dim *d, double scaled)
{
	double value = d->is_log ? exp(scaled) : scaled;
	return CLAMP(d->type == DIM_REAL ? value : round(value), d->min, d->max);
}

double dim_value(const Dim *d, double unit)
{
	if (d->type == DIM_TEXT)
		return MIN(floor(unit * (double)d->count), d->max);
	double low = dim_low(d);
	return dim_unscaled(d, low + unit * (dim_high(d) - low));
}

double dim_unit(const Dim *d, double value)
{
	if (d->type == DIM_TEXT)
		return (value + 0.5) / (double)d->count;
	double low = dim_low(d), wide = dim_high(d) - low;
	return wide > 0 ? (dim_scaled(d, value) - low) / wide : 0.5;
}

void space_place(const Space *s, const double *units, double *ret_point)
{
	for (size_t i = 0; i < s->count; i++)
		ret_point[i] = space_has(s, i, ret_point) ? dim_value(&s->dims[i], units[i]) : NAN;
}

json_t *space_params(const Space *s, const double *point)
{
	json_t *params = json_object();
	for (size_t i = 0; i < s->count; i++) {
		const Dim *d = &s->dims[i];
		if (isnan(point[i]))
			continue;
		json_t *value = d->type == DIM_TEXT  ? json_incref(json_array_get(d->choices, (size_t)point[i]))
		                : d->type == DIM_INT ? json_integer((json_int_t)point[i])
		                                     : json_real(point[i]);
		json_object_set_new(params, d->name, value);
	}
	return params;
}

static bool read_value(const Dim *d, const json_t *value, double *ret, GError **error)
{
	if (d->type == DIM_TEXT) {
		for (size_t i = 0; i < d->count; i++)
			if (json_equal(json_array_get(d->choices, i), value)) {
				*ret = (double)i;
				return true;
			}
		return fail(error, FAIL_INVALID, "%s is not one of its choices", d->name);
	}
	double number = json_number_value(value);
	if (!json_is_number(value) || !(number >= d->min && number <= d->max) ||
	        (d->type == DIM_INT && number != floor(number)))
		return fail(error, FAIL_INVALID, "%s is not %s from %g to %g", d->name,
		        d->type == DIM_INT ? "a whole number" : "a number", d->min, d->max);
	*ret = number;
	return true;
}

bool space_point(const Space *s, const json_t *params, double *ret_point, GError **error)
{
	size_t found = 0;
	g_autofree double *point = g_new(double, s->count);
	for (size_t i = 0; i < s->count; i++) {
		const json_t *value = json_object_get(params, s->dims[i].name);
		point[i] = NAN;
		if (!space_has(s, i, point))
			continue;
		if (!value)
			return fail(error, FAIL_INVALID, "%s is missing", s->dims[i].name);
		if (!read_value(&s->dims[i], value, &point[i], error))
			return false;
		found++;
	}
	if (found < json_object_size(params))
		return fail(
		        error, FAIL_INVALID, "there are parameters that are not in the space, or have no place there");
	memcpy(ret_point, point, s->count * sizeof *point);
	return true;
}

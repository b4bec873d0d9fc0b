/* command_settings.c: drawing the settings of a user's program. */
#include "model/command_settings.h"

#include <math.h>

#include "base/json.h"
#include "base/rng.h"

static json_t *number(const json_t *range, double share)
{
	double low = json_get_number(range, "min", 0), high = json_get_number(range, "max", 0);
	bool whole = json_is_integer(json_object_get(range, "min")) && json_is_integer(json_object_get(range, "max"));
	bool by_log = json_get_bool(range, "log", false) && low > 0 && high > low;
	double value = by_log ? low * pow(high / low, share) : low + share * (high - low);
	if (whole)
		return json_integer((json_int_t)CLAMP(llround(value), (long long)low, (long long)high));
	return json_real(value);
}

static json_t *choose(const char *name, const json_t *space, uint64_t draw)
{
	const json_t *choices = json_object_get(space, "choices"), *preset = json_object_get(space, "default");
	Rng rng = rng_stream(draw, name);
	double share = draw ? rng_unit(&rng) : 0.5;
	if (!draw && preset)
		return json_deep_copy(preset);
	if (json_array_size(choices))
		return json_deep_copy(
		        json_array_get(choices, draw ? (size_t)(share * (double)json_array_size(choices)) : 0));
	return number(space, share);
}

static bool is_space(const json_t *value)
{
	return json_array_size(json_object_get(value, "choices")) ||
	       (json_is_number(json_object_get(value, "min")) && json_is_number(json_object_get(value, "max")));
}

json_t *command_settings(const json_t *settings, uint64_t draw)
{
	json_t *ret = json_object(), *value;
	const char *name;
	json_object_foreach ((json_t *)settings, name, value)
		json_object_set_new(ret, name, is_space(value) ? choose(name, value, draw) : json_deep_copy(value));
	return ret;
}

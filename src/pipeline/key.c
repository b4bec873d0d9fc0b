/* key.c: keys, and the reason why two of them differ. */
#include "pipeline/key.h"

#include "base/digest.h"
#include "base/json.h"

#include <string.h>

#define KEY_FORMAT 1
#define DIFFERENCES_SHOWN 3

static json_t *digests_of(const json_t *inputs)
{
	json_t *digests = json_object();
	const char *name;
	json_t *input;
	json_object_foreach ((json_t *)inputs, name, input)
		json_object_set(digests, name, json_object_get(input, "digest"));
	return digests;
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static json_t *sorted(const json_t *names)
{
	size_t count = json_array_size(names);
	g_autofree const char **all = g_new(const char *, count + 1);
	for (size_t i = 0; i < count; i++)
		all[i] = json_string_value(json_array_get(names, i));
	qsort(all, count, sizeof *all, compare_texts);
	json_t *ret = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append_new(ret, json_string(all[i]));
	return ret;
}

static json_t *environment_of(const json_t *names)
{
	json_t *values = json_object();
	size_t i;
	json_t *name;
	json_array_foreach (names, i, name) {
		const char *value = g_getenv(json_string_value(name));
		g_autofree char *digest = value ? digest_of_bytes(value, strlen(value)) : NULL;
		json_object_set_new(values, json_string_value(name), json_text(digest));
	}
	return values;
}

json_t *key_components(const Node *n, const json_t *inputs, const json_t *files)
{
	json_t *all = json_pack("{s:i,s:s,s:i,s:O,s:o,s:o,s:I}", "format", KEY_FORMAT, "kind", n->kind->name, "version",
	        (int)n->kind->version, "params", n->params, "inputs", digests_of(inputs), "outputs", sorted(n->outputs),
	        "seed", (json_int_t)n->seed);
	if (n->command) {
		json_object_set(all, "command", n->command);
		json_object_set(all, "files", (json_t *)files);
		json_object_set_new(all, "environment", environment_of(n->environment));
	}
	return all;
}

typedef struct Differences {
	GString *text;
	unsigned count;
} Differences;

static void add(Differences *d, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void add(Differences *d, const char *format, ...)
{
	if (d->count++ >= DIFFERENCES_SHOWN)
		return;
	if (d->count > 1)
		g_string_append(d->text, "; ");
	va_list args;
	va_start(args, format);
	g_string_append_vprintf(d->text, format, args);
	va_end(args);
}

static char *shown(const json_t *value)
{
	g_autofree char *text = json_canonical(value);
	if (strlen(text) <= 40)
		return g_steal_pointer(&text);
	const char *end = g_utf8_find_prev_char(text, text + 38);
	return g_strdup_printf("%.*s...", (int)(end - text), text);
}

static void compare_values(Differences *d, const char *path, const json_t *before, const json_t *now);

/* Blocks are compared key by key, so that the words name the very setting. */
static void compare_blocks(Differences *d, const char *path, const json_t *before, const json_t *now)
{
	const char *key;
	json_t *value;
	json_object_foreach ((json_t *)now, key, value) {
		g_autofree char *below = g_strdup_printf("%s%s%s", path, *path ? "." : "", key);
		compare_values(d, below, json_object_get(before, key), value);
	}
	json_object_foreach ((json_t *)before, key, value) {
		g_autofree char *below = g_strdup_printf("%s%s%s", path, *path ? "." : "", key);
		if (!json_object_get(now, key))
			add(d, "param %s is gone", below);
	}
}

static void compare_values(Differences *d, const char *path, const json_t *before, const json_t *now)
{
	if (before && json_equal(before, now))
		return;
	if (json_is_object(before) && json_is_object(now)) {
		compare_blocks(d, path, before, now);
		return;
	}
	g_autofree char *to = shown(now);
	g_autofree char *from = before ? shown(before) : NULL;
	if (from)
		add(d, "param %s changed from %s to %s", path, from, to);
	else
		add(d, "param %s is new: %s", path, to);
}

/* Digests by name: what they are digests of would say nothing to a person, so only that they changed. */
static void compare_digests(Differences *d, const char *what, const json_t *before, const json_t *now)
{
	const char *name;
	json_t *value;
	json_object_foreach ((json_t *)now, name, value) {
		const json_t *old = json_object_get(before, name);
		if (!old)
			add(d, "%s %s is new", what, name);
		else if (!json_equal(old, value))
			add(d, "%s %s changed", what, name);
	}
	json_object_foreach ((json_t *)before, name, value)
		if (!json_object_get(now, name))
			add(d, "%s %s is gone", what, name);
}

static void compare_version(Differences *d, const json_t *before, const json_t *now)
{
	int64_t old = json_get_int(before, "version", 0), new = json_get_int(now, "version", 0);
	if (old != new)
		add(d, "the step's version is %s (%d, before %d)", new > old ? "newer" : "older", (int)new, (int)old);
}

static bool differs(const json_t *before, const json_t *now, const char *key)
{
	const json_t *a = json_object_get(before, key), *b = json_object_get(now, key);
	return a != b && !json_equal(a, b);
}

char *key_difference(const json_t *before, const json_t *now)
{
	Differences d = {.text = g_string_new(NULL)};
	const char *kind = json_get_text(now, "kind", "");
	if (differs(before, now, "kind"))
		add(&d, "the kind changed from %s to %s", json_get_text(before, "kind", ""), kind);
	else
		compare_version(&d, before, now);
	if (differs(before, now, "command"))
		add(&d, "the command changed");
	compare_digests(&d, "input", json_object_get(before, "inputs"), json_object_get(now, "inputs"));
	compare_digests(&d, "file", json_object_get(before, "files"), json_object_get(now, "files"));
	compare_digests(&d, "environment variable", json_object_get(before, "environment"),
	        json_object_get(now, "environment"));
	compare_blocks(&d, "", json_object_get(before, "params"), json_object_get(now, "params"));
	if (differs(before, now, "outputs"))
		add(&d, "its outputs changed");
	if (differs(before, now, "seed"))
		add(&d, "the seed changed from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT,
		        json_get_int(before, "seed", 0), json_get_int(now, "seed", 0));
	if (differs(before, now, "format"))
		add(&d, "this program makes keys in another way");
	if (d.count > DIFFERENCES_SHOWN)
		g_string_append_printf(d.text, "; and %u more", d.count - DIFFERENCES_SHOWN);
	return g_string_free(d.text, d.count == 0);
}

/* yaml.c: libyaml's events become JSON, and beside it grows a tree of the same shape with the place of every value.
 *
 * The text is looked through before libyaml sees it, because the place of a wrong byte is only known here; after that, what
 * libyaml finds wrong is said again in plain words (yaml_words.c). */
#include "base/yaml.h"

#include <math.h>
#include <string.h>
#include <yaml.h>

#include "base/error.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/yaml_words.h"

/* Where a value stands; below it, its items, or its entries in the order of the file (jansson keeps it too). */
typedef struct Place {
	int line, column;
	GArray *below; /* of Place; NULL: none */
} Place;

struct Yaml {
	char *name;
	json_t *root;
	Place place;
};

typedef struct Reader {
	Yaml *yaml;
	yaml_parser_t parser;
	const char *text;
	int depth;
} Reader;

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(yaml_event_t, yaml_event_delete)

static bool fail_at(const Reader *r, yaml_mark_t mark, FailCode code, const char *words, GError **error)
{
	return fail(error, code, "%s:%zu:%zu: %s", r->yaml->name, mark.line + 1, mark.column + 1, words);
}

static void clear_place(gpointer place)
{
	g_clear_pointer(&((Place *)place)->below, g_array_unref);
}

static void set_place(Place *place, yaml_mark_t mark)
{
	place->line = (int)mark.line + 1;
	place->column = (int)mark.column + 1;
}

/* Adds a place below; it may move when the next one is added. */
static Place *add_place(Place *above, yaml_mark_t mark)
{
	if (!above->below) {
		above->below = g_array_new(FALSE, TRUE, sizeof(Place));
		g_array_set_clear_func(above->below, clear_place);
	}
	g_array_set_size(above->below, above->below->len + 1);
	Place *place = &g_array_index(above->below, Place, above->below->len - 1);
	set_place(place, mark);
	return place;
}

static bool next_event(Reader *r, yaml_event_t *event, GError **error)
{
	if (yaml_parser_parse(&r->parser, event))
		return true;
	yaml_mark_t mark;
	g_autofree char *words = yaml_words(&r->parser, r->text, &mark);
	return fail_at(r, mark, FAIL_INVALID, words, error);
}

/* Plain scalars by the core schema of YAML 1.2.2, section 10.3.2. */

static bool is_one_of(const char *text, const char *const *words)
{
	return g_strv_contains(words, text);
}

static bool is_integer(const char *text)
{
	const char *digits = text + (*text == '-' || *text == '+');
	return *digits && strspn(digits, "0123456789") == strlen(digits);
}

static bool is_based(const char *text, const char *prefix, const char *digits)
{
	return g_str_has_prefix(text, prefix) && text[2] && strspn(text + 2, digits) == strlen(text + 2);
}

/* [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )? */
static bool is_real(const char *text)
{
	const char *c = text + (*text == '-' || *text == '+');
	size_t whole = strspn(c, "0123456789");
	c += whole;
	size_t part = 0;
	if (*c == '.') {
		part = strspn(c + 1, "0123456789");
		c += 1 + part;
	}
	if (whole + part == 0)
		return false;
	if (*c == 'e' || *c == 'E') {
		c++;
		return is_integer(c);
	}
	return *c == 0;
}

static bool read_integer(
        const Reader *r, const yaml_event_t *e, const char *text, int base, json_t **ret, GError **error)
{
	gint64 number;
	if (!g_ascii_string_to_signed(text, (guint)base, G_MININT64, G_MAXINT64, &number, NULL))
		return fail_at(r, e->start_mark, FAIL_INVALID,
		        "this whole number does not fit 64 bits; in quotes it is a text", error);
	*ret = json_integer(number);
	return true;
}

static bool read_real(const Reader *r, const yaml_event_t *e, const char *text, json_t **ret, GError **error)
{
	double number = g_ascii_strtod(text, NULL);
	if (!isfinite(number))
		return fail_at(
		        r, e->start_mark, FAIL_INVALID, "this number is too large; in quotes it is a text", error);
	*ret = json_real(number);
	return true;
}

static bool read_plain(const Reader *r, const yaml_event_t *e, json_t **ret, GError **error)
{
	static const char *const NULLS[] = {"", "~", "null", "Null", "NULL", NULL};
	static const char *const TRUES[] = {"true", "True", "TRUE", NULL};
	static const char *const FALSES[] = {"false", "False", "FALSE", NULL};
	static const char *const ENDLESS[] = {".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf",
	        "-.INF", ".nan", ".NaN", ".NAN", NULL};
	const char *text = (const char *)e->data.scalar.value;
	if (is_one_of(text, NULLS))
		*ret = json_null();
	else if (is_one_of(text, TRUES))
		*ret = json_true();
	else if (is_one_of(text, FALSES))
		*ret = json_false();
	else if (is_one_of(text, ENDLESS))
		return fail_at(r, e->start_mark, FAIL_INVALID,
		        "infinity and NaN cannot be used as numbers here; in quotes it is a text", error);
	else if (is_integer(text))
		return read_integer(r, e, text + (*text == '+'), 10, ret, error);
	else if (is_based(text, "0x", "0123456789abcdefABCDEF"))
		return read_integer(r, e, text + 2, 16, ret, error);
	else if (is_based(text, "0o", "01234567"))
		return read_integer(r, e, text + 2, 8, ret, error);
	else if (is_real(text))
		return read_real(r, e, text, ret, error);
	else
		*ret = json_string(text);
	return true;
}

static bool check_plainness(
        const Reader *r, const yaml_event_t *e, const yaml_char_t *anchor, const yaml_char_t *tag, GError **error)
{
	if (anchor)
		return fail_at(r, e->start_mark, FAIL_INVALID,
		        "anchors (&name) are not supported; a text that begins with & needs quotes", error);
	if (tag)
		return fail_at(r, e->start_mark, FAIL_INVALID,
		        "tags (!name) are not supported; a text that begins with ! needs quotes", error);
	return true;
}

/* Is the scalar fit to be a text of ours?  "\0" in double quotes gives a NUL. */
static bool check_scalar(const Reader *r, const yaml_event_t *e, GError **error)
{
	if (!check_plainness(r, e, e->data.scalar.anchor, e->data.scalar.tag, error))
		return false;
	if (strlen((const char *)e->data.scalar.value) != e->data.scalar.length)
		return fail_at(r, e->start_mark, FAIL_INVALID, "a text cannot hold the character NUL (\\0)", error);
	return true;
}

static bool read_scalar(const Reader *r, const yaml_event_t *e, json_t **ret, GError **error)
{
	if (!check_scalar(r, e, error))
		return false;
	if (e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
		return read_plain(r, e, ret, error);
	*ret = json_string((const char *)e->data.scalar.value);
	return true;
}

static bool read_node(Reader *r, const yaml_event_t *e, Place *place, json_t **ret, GError **error);

static bool read_list(Reader *r, json_t *list, Place *place, GError **error)
{
	for (;;) {
		g_auto(yaml_event_t) e = {0};
		json_t *item = NULL;
		if (!next_event(r, &e, error))
			return false;
		if (e.type == YAML_SEQUENCE_END_EVENT)
			return true;
		if (!read_node(r, &e, add_place(place, e.start_mark), &item, error))
			return false;
		json_array_append_new(list, item);
	}
}

/* The place of a key that is in the map. */
static const Place *place_of(const json_t *map, const Place *place, const char *key)
{
	guint i = 0;
	const char *name;
	json_t *value;
	json_object_foreach ((json_t *)map, name, value) {
		if (strcmp(name, key) == 0)
			break;
		i++;
	}
	return &g_array_index(place->below, Place, i);
}

static bool check_key(const Reader *r, const yaml_event_t *e, const json_t *map, const Place *place, GError **error)
{
	if (e->type == YAML_ALIAS_EVENT)
		return fail_at(r, e->start_mark, FAIL_INVALID,
		        "aliases (*name) are not supported; a text that begins with * needs quotes", error);
	if (e->type != YAML_SCALAR_EVENT)
		return fail_at(r, e->start_mark, FAIL_INVALID, "a key must be a text, not a list or a map", error);
	if (!check_scalar(r, e, error))
		return false;
	const char *key = (const char *)e->data.scalar.value;
	if (!*key && e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
		return fail_at(r, e->start_mark, FAIL_INVALID, "a key is missing before the colon", error);
	if (!json_object_get(map, key))
		return true;
	g_autofree char *words =
	        g_strdup_printf("the key \"%s\" is there already, in line %d", key, place_of(map, place, key)->line);
	return fail_at(r, e->start_mark, FAIL_INVALID, words, error);
}

static bool read_entry(Reader *r, const yaml_event_t *key, json_t *map, Place *place, GError **error)
{
	g_auto(yaml_event_t) e = {0};
	json_t *value = NULL;
	if (!next_event(r, &e, error) || !read_node(r, &e, add_place(place, key->start_mark), &value, error))
		return false;
	json_object_set_new(map, (const char *)key->data.scalar.value, value);
	return true;
}

static bool read_map(Reader *r, json_t *map, Place *place, GError **error)
{
	for (;;) {
		g_auto(yaml_event_t) e = {0};
		if (!next_event(r, &e, error))
			return false;
		if (e.type == YAML_MAPPING_END_EVENT)
			return true;
		if (!check_key(r, &e, map, place, error) || !read_entry(r, &e, map, place, error))
			return false;
	}
}

static bool read_collection(Reader *r, const yaml_event_t *e, Place *place, json_t **ret, GError **error)
{
	bool is_map = e->type == YAML_MAPPING_START_EVENT;
	if (!check_plainness(r, e, is_map ? e->data.mapping_start.anchor : e->data.sequence_start.anchor,
	            is_map ? e->data.mapping_start.tag : e->data.sequence_start.tag, error))
		return false;
	if (++r->depth > LIMIT_NESTING)
		return fail_at(r, e->start_mark, FAIL_LIMIT, "nested deeper than " G_STRINGIFY(LIMIT_NESTING) " levels",
		        error);
	json_auto_t *value = is_map ? json_object() : json_array();
	if (!(is_map ? read_map : read_list)(r, value, place, error))
		return false;
	r->depth--;
	*ret = g_steal_pointer(&value);
	return true;
}

static bool read_node(Reader *r, const yaml_event_t *e, Place *place, json_t **ret, GError **error)
{
	switch (e->type) {
	case YAML_SCALAR_EVENT:
		return read_scalar(r, e, ret, error);
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		return read_collection(r, e, place, ret, error);
	default:
		return fail_at(r, e->start_mark, FAIL_INVALID,
		        "aliases (*name) are not supported; a text that begins with * needs quotes", error);
	}
}

/* The first event that is of interest, or the stream's end. */
static bool skip_to_content(Reader *r, yaml_event_t *e, GError **error)
{
	for (;;) {
		if (!next_event(r, e, error))
			return false;
		if (e->type != YAML_STREAM_START_EVENT && e->type != YAML_DOCUMENT_START_EVENT &&
		        e->type != YAML_DOCUMENT_END_EVENT)
			return true;
		yaml_event_delete(e);
	}
}

static bool read_document(Reader *r, GError **error)
{
	g_auto(yaml_event_t) first = {0}, after = {0};
	json_auto_t *root = NULL;
	if (!skip_to_content(r, &first, error))
		return false;
	if (first.type != YAML_STREAM_END_EVENT) {
		set_place(&r->yaml->place, first.start_mark);
		if (!read_node(r, &first, &r->yaml->place, &root, error) || !skip_to_content(r, &after, error))
			return false;
		if (after.type != YAML_STREAM_END_EVENT)
			return fail_at(r, after.start_mark, FAIL_INVALID,
			        "a second document (after ---): only one is read", error);
	}
	r->yaml->root = !root || json_is_null(root) ? json_object() : g_steal_pointer(&root);
	return true;
}

static bool read_all(Reader *r, size_t size, GError **error)
{
	if (!yaml_parser_initialize(&r->parser))
		g_error("out of memory");
	yaml_parser_set_encoding(&r->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r->parser, (const unsigned char *)r->text, size);
	bool ok = read_document(r, error);
	yaml_parser_delete(&r->parser);
	return ok;
}

void yaml_close(Yaml *y)
{
	if (!y)
		return;
	g_free(y->name);
	json_decref(y->root);
	clear_place(&y->place);
	g_free(y);
}

bool yaml_parse(const char *name, const char *text, size_t size, Yaml **ret, GError **error)
{
	static const char BOM[] = "\xef\xbb\xbf";
	if (size > LIMIT_CONFIG_BYTES)
		return fail(error, FAIL_LIMIT, "%s is larger than %d bytes", name, LIMIT_CONFIG_BYTES);
	if (size >= 3 && memcmp(text, BOM, 3) == 0) {
		text += 3;
		size -= 3;
	}
	if (!yaml_check_bytes(name, text, size, error))
		return false;
	g_autoptr(Yaml) y = g_new0(Yaml, 1);
	y->name = g_strdup(name);
	y->place = (Place){.line = 1, .column = 1};
	g_autofree char *ended = g_strndup(text, size);
	Reader r = {.yaml = y, .text = ended};
	if (!read_all(&r, size, error))
		return false;
	*ret = g_steal_pointer(&y);
	return true;
}

bool yaml_read_file(const char *path, Yaml **ret, GError **error)
{
	g_autofree char *text = NULL;
	size_t size;
	return file_read(path, LIMIT_CONFIG_BYTES, &text, &size, error) && yaml_parse(path, text, size, ret, error);
}

const char *yaml_name(const Yaml *y)
{
	return y->name;
}

const json_t *yaml_root(const Yaml *y)
{
	return y->root;
}

/* Is `path` below `key`: "key", "key.more", "key[0]"? */
static size_t match(const char *path, const char *key)
{
	size_t length = strlen(key);
	bool is_below = strncmp(path, key, length) == 0 && strchr(".[", path[length]); /* strchr finds the end too */
	return is_below ? length : 0;
}

/* One step down a path; false where it leads nowhere.  A key may hold dots itself: the longest that matches is meant. */
static bool step_into_map(const json_t *map, const char **path, guint *ret_index, const json_t **ret_value)
{
	size_t longest = 0;
	guint i = 0;
	const char *key, *from = *path + (**path == '.');
	json_t *value;
	json_object_foreach ((json_t *)map, key, value) {
		size_t length = match(from, key);
		if (length > longest) {
			longest = length;
			*ret_index = i;
			*ret_value = value;
		}
		i++;
	}
	*path = from + longest;
	return longest > 0;
}

static bool step_into_list(const json_t *list, const char **path, guint *ret_index, const json_t **ret_value)
{
	char *end;
	guint64 i = **path == '[' ? g_ascii_strtoull(*path + 1, &end, 10) : G_MAXUINT64;
	if (i >= json_array_size(list) || *end != ']')
		return false;
	*ret_index = (guint)i;
	*ret_value = json_array_get(list, i);
	*path = end + 1;
	return true;
}

void yaml_position(const Yaml *y, const char *path, int *ret_line, int *ret_column)
{
	const Place *place = &y->place;
	const json_t *value = y->root;
	guint i = 0;
	while (*path && place->below &&
	        (json_is_array(value) ? step_into_list : step_into_map)(value, &path, &i, &value))
		place = &g_array_index(place->below, Place, i);
	*ret_line = place->line;
	*ret_column = place->column;
}

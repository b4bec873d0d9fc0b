/* yaml.h: YAML read into JSON, with the line and column of every value.
 *
 * The subset is what people write: block and flow maps and lists, all scalar styles, comments.  Plain scalars follow the
 * YAML 1.2 core schema (true/false/null, numbers); "yes", "no" and "on" are texts.  Anchors, aliases and tags are refused
 * with their place: they make small files expand without bound.  A key twice in one map is an error. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

typedef struct Yaml Yaml;

/* Parses `size` bytes; `name` is the file's name in errors ("gyre.yaml:12:3: ..."). */
bool yaml_parse(const char *name, const char *text, size_t size, Yaml **ret, GError **error);
bool yaml_read_file(const char *path, Yaml **ret, GError **error);
void yaml_close(Yaml *y); /* not yaml_free: libyaml exports a function of that name */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Yaml, yaml_close)

const char *yaml_name(const Yaml *y);
const json_t *yaml_root(const Yaml *y); /* borrowed; an empty file is {} */

/* Where a value (or, for a map's entry, its key) stands, by a path such as "features[0].columns"; the nearest enclosing
 * value if the path itself is not there.  1-based. */
void yaml_position(const Yaml *y, const char *path, int *ret_line, int *ret_column);

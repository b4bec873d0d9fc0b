/* yaml_words.h: what is wrong with a YAML text, in plain words.  For yaml.c only. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <yaml.h>

/* Bytes that no YAML text may hold: not UTF-8, NUL, control characters; the error has line and column. */
bool yaml_check_bytes(const char *name, const char *text, size_t size, GError **error);

/* The problem that stopped the parser, and the place where a person would look for it.  Free with g_free. */
char *yaml_words(const yaml_parser_t *parser, const char *text, yaml_mark_t *ret_mark);

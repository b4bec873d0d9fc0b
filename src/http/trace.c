/* trace.c: https://www.w3.org/TR/trace-context-1/, section 3.2. */
#include "http/trace.h"

#include <glib.h>
#include <string.h>

/* "VV-" 32 digits "-" 16 digits "-" 2 digits */
enum { ID_AT = 3, PARENT_AT = 36, FLAGS_AT = 53, LENGTH = 55 };

static bool is_hex(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!g_ascii_isdigit(text[i]) && (text[i] < 'a' || text[i] > 'f'))
			return false;
	return true;
}

static bool is_zero(const char *text, size_t length)
{
	return strspn(text, "0") >= length;
}

/* Version 00 ends there; later ones may go on behind a minus. */
static bool is_parent(const char *h)
{
	size_t length = h ? strlen(h) : 0;
	if (length < LENGTH || h[2] != '-' || h[PARENT_AT - 1] != '-' || h[FLAGS_AT - 1] != '-')
		return false;
	if (!is_hex(h, 2) || !is_hex(h + ID_AT, 32) || !is_hex(h + PARENT_AT, 16) || !is_hex(h + FLAGS_AT, 2))
		return false;
	if (memcmp(h, "ff", 2) == 0 || is_zero(h + ID_AT, 32) || is_zero(h + PARENT_AT, 16))
		return false;
	return length == LENGTH || (memcmp(h, "00", 2) != 0 && h[LENGTH] == '-');
}

bool trace_read(const char *header, uint64_t seed, Trace *ret)
{
	*ret = (Trace){0};
	if (!is_parent(header))
		return false;
	memcpy(ret->id, header + ID_AT, 32);
	memcpy(ret->parent, header + PARENT_AT, 16);
	memcpy(ret->flags, header + FLAGS_AT, 2);
	g_snprintf(ret->span, sizeof ret->span, "%016" G_GINT64_MODIFIER "x", seed ? seed : 1);
	return true;
}

/* Of the flags only "sampled" is known to version 00, in which it is passed on. */
void trace_write(const Trace *t, char to[static TRACE_TEXT])
{
	unsigned flags = (unsigned)g_ascii_xdigit_value(t->flags[1]) & 1;
	g_snprintf(to, TRACE_TEXT, "00-%s-%s-0%u", t->id, t->span, flags);
}

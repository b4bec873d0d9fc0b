/* csv_scan.c: the state machine of RFC 4180. */
#include "data/csv_scan.h"

#include <string.h>

typedef struct Field {
	size_t bytes;
	GString *text; /* NULL: not kept */
	bool stray, open;
} Field;

static void keep(Field *f, char c)
{
	f->bytes++;
	if (f->text)
		g_string_append_c(f->text, c);
}

/* Behind the opening quote up to behind the closing one. */
static void scan_quoted(CsvScan *s, Field *f)
{
	for (; s->at < s->end; s->at++) {
		if (*s->at == '\n')
			s->line++;
		if (*s->at != '"') {
			keep(f, *s->at);
		} else if (s->at + 1 < s->end && s->at[1] == '"') {
			keep(f, '"');
			s->at++;
		} else {
			s->at++;
			return;
		}
	}
	f->open = true;
}

static bool ends_field(const CsvScan *s)
{
	return s->at == s->end || *s->at == s->delimiter || *s->at == '\n' || *s->at == '\r';
}

static void scan_field(CsvScan *s, Field *f)
{
	if (s->at < s->end && *s->at == '"') {
		s->at++;
		scan_quoted(s, f);
		f->stray = !ends_field(s);
	}
	for (; !ends_field(s); s->at++)
		keep(f, *s->at);
}

static void end_line(CsvScan *s)
{
	if (s->at == s->end)
		return;
	bool crlf = *s->at == '\r' && s->at + 1 < s->end && s->at[1] == '\n';
	uint64_t *first = crlf ? &s->crlf_line : &s->lf_line;
	if (!*first)
		*first = s->line;
	s->at += crlf ? 2 : 1;
	s->line++;
}

static void take_field(CsvScan *s, CsvRecord *r)
{
	Field f = {.text = s->texts ? g_string_new(NULL) : NULL};
	scan_field(s, &f);
	r->fields++;
	r->longest = MAX(r->longest, f.bytes);
	r->stray_quote |= f.stray;
	r->open_quote |= f.open;
	if (f.text)
		g_ptr_array_add(s->texts, g_string_free(f.text, FALSE));
}

bool csv_scan_next(CsvScan *s, CsvRecord *ret)
{
	if (s->at == s->end)
		return false;
	const char *begin = s->at;
	*ret = (CsvRecord){.line = s->line, .texts = s->texts};
	if (s->texts)
		g_ptr_array_set_size(s->texts, 0);
	take_field(s, ret);
	while (s->at < s->end && *s->at == s->delimiter) {
		s->at++;
		take_field(s, ret);
	}
	ret->blank = s->at == begin;
	ret->last_line = s->line;
	end_line(s);
	return true;
}

/* csv_head.c: the delimiter is the one that splits the header and the first rows into the same number of fields, and more
 * than one; the header is the first record. */
#include "data/csv_head.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "data/canonical.h"
#include "data/csv_scan.h"

/* The first bytes of a file: enough for a header of LIMIT_COLUMNS names of 200 letters and some rows. */
#define HEAD_BYTES (1 << 20)
#define HEAD_LINES 200

typedef struct Head {
	GString *text;
	bool whole; /* the file ends with it */
} Head;

static bool read_bytes(const char *path, Head *head, GError **error)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return fail_errno(error, errno, "cannot read %s", path);
	g_string_set_size(head->text, HEAD_BYTES);
	gsize at = 0;
	for (;;) {
		ssize_t got = read(file, head->text->str + at, HEAD_BYTES - at);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		at += (gsize)got;
	}
	close(file);
	g_string_set_size(head->text, at);
	head->whole = at < HEAD_BYTES;
	return true;
}

static bool is_plain(const CsvOptions *o)
{
	return strcmp(o->compression, "none") == 0 && strcmp(o->encoding, "utf-8") == 0;
}

/* Compressed files and other encodings: the engine reads lines as one column each. */
static bool read_lines(Engine *e, const CsvOptions *o, const char *path, Head *head, GError **error)
{
	g_autofree char *quoted = sql_path(path);
	g_autofree char *sql = g_strdup_printf(
	        "SELECT line FROM read_csv(%s, auto_detect=false, header=false, delim='', quote='', escape='', "
	        "encoding='%s', compression='%s', hive_partitioning=false, columns={'line': 'VARCHAR'}) LIMIT %d",
	        quoted, o->encoding, o->compression, HEAD_LINES);
	json_auto_t *lines = NULL;
	if (!engine_rows(e, sql, &lines, error))
		return false;
	size_t i;
	json_t *line;
	json_array_foreach (lines, i, line)
		g_string_append_printf(head->text, "%s\n", json_get_text(line, "line", ""));
	head->whole = json_array_size(lines) < HEAD_LINES;
	return true;
}

static bool starts_with(const GString *text, const char *bytes, size_t size)
{
	return text->len >= size && memcmp(text->str, bytes, size) == 0;
}

/* What the first bytes alone give away. */
static bool check_head(const char *path, const CsvOptions *o, Head *head, GError **error)
{
	if (head->text->len == 0)
		return fail(error, FAIL_INVALID, "%s is empty", path);
	if (!is_plain(o))
		return true;
	if (starts_with(head->text, "\xff\xfe", 2) || starts_with(head->text, "\xfe\xff", 2))
		return fail(error, FAIL_INVALID, "%s is UTF-16, not UTF-8; say so with encoding: utf-16", path);
	if (starts_with(head->text, "\xef\xbb\xbf", 3))
		g_string_erase(head->text, 0, 3);
	const char *bad;
	if (g_utf8_validate_len(head->text->str, head->text->len, &bad))
		return true;
	if (!head->whole && head->text->str + head->text->len - bad < 4)
		return true; /* a letter cut in two by the end of what was read */
	g_autofree char *problem = csv_explain(path, ',', 0);
	return fail(error, FAIL_INVALID, "%s: %s", path, problem ? problem : "not UTF-8");
}

static bool load_head(Engine *e, const CsvOptions *o, const char *path, Head *head, GError **error)
{
	head->text = g_string_new(NULL);
	if (!(is_plain(o) ? read_bytes(path, head, error) : read_lines(e, o, path, head, error)))
		return false;
	return check_head(path, o, head, error);
}

/* The share of the first rows that have as many fields as the header, or 0 if a delimiter does not split the header. */
static double agreement(const Head *head, char delimiter, size_t *ret_fields)
{
	CsvScan scan = {
	        .at = head->text->str, .end = head->text->str + head->text->len, .delimiter = delimiter, .line = 1};
	CsvRecord r;
	if (!csv_scan_next(&scan, &r) || r.fields < 2)
		return 0;
	*ret_fields = r.fields;
	size_t rows = 0, same = 0;
	while (rows < HEAD_LINES && csv_scan_next(&scan, &r)) {
		if (r.blank || (scan.at == scan.end && !head->whole))
			continue;
		rows++;
		same += r.fields == *ret_fields;
	}
	return rows ? (double)same / (double)rows : 1;
}

static char find_delimiter(const Head *head)
{
	static const char CANDIDATES[] = {',', '\t', ';', '|'};
	char best = ',';
	double best_share = 0;
	size_t best_fields = 1;
	for (size_t i = 0; i < G_N_ELEMENTS(CANDIDATES); i++) {
		size_t fields = 1;
		double share = agreement(head, CANDIDATES[i], &fields);
		if (share > best_share || (share > 0 && share == best_share && fields > best_fields)) {
			best = CANDIDATES[i];
			best_share = share;
			best_fields = fields;
		}
	}
	return best;
}

static bool is_number(const char *text)
{
	char *end;
	g_ascii_strtod(text, &end);
	return end != text && *end == '\0';
}

static bool all_numbers(const GPtrArray *names)
{
	for (guint i = 0; i < names->len; i++)
		if (!is_number(names->pdata[i]))
			return false;
	return true;
}

static void replace_names(GPtrArray *names, bool header)
{
	for (guint i = 0; i < names->len; i++) {
		char *name = names->pdata[i];
		if (header) {
			g_strstrip(name);
			continue;
		}
		g_free(name);
		names->pdata[i] = g_strdup_printf("c%u", i + 1);
	}
}

static bool take_names(
        const char *path, const Head *head, const CsvOptions *o, char delimiter, GPtrArray *names, GError **error)
{
	CsvScan scan = {.at = head->text->str,
	        .end = head->text->str + head->text->len,
	        .delimiter = delimiter,
	        .line = 1,
	        .texts = names};
	CsvRecord first;
	if (!csv_scan_next(&scan, &first) || first.blank)
		return fail(
		        error, FAIL_INVALID, "%s: line 1 is blank; the names of the columns are expected there", path);
	if (first.open_quote || (scan.at == scan.end && !head->whole))
		return fail(error, FAIL_INVALID, "%s: the first line does not end within %d bytes%s", path, HEAD_BYTES,
		        first.open_quote ? ": a quote is opened there and never closed" : "");
	if (o->header && all_numbers(names))
		return fail(error, FAIL_INVALID,
		        "%s: line 1 looks like data, not like names of columns (\"%s\"%s); add a header, or say "
		        "header: false",
		        path, (char *)names->pdata[0], names->len > 1 ? ", ..." : "");
	replace_names(names, o->header);
	return true;
}

bool csv_head(
        Engine *e, const char *path, const CsvOptions *options, char *delimiter, GPtrArray **ret_names, GError **error)
{
	Head head = {0};
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	bool ok = load_head(e, options, path, &head, error);
	if (ok && !*delimiter)
		*delimiter = find_delimiter(&head);
	ok = ok && take_names(path, &head, options, *delimiter, names, error);
	g_string_free(head.text, TRUE);
	if (!ok)
		return false;
	if (!canonical_check_names(names, error)) {
		g_prefix_error(error, "%s: ", path);
		return false;
	}
	*ret_names = g_steal_pointer(&names);
	return true;
}

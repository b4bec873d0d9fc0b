/* predlog.c: rows of the prediction log written.  Reading and sealing: predlog_read.c. */
#include "serve/predlog.h"

#include <stdatomic.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/rng.h"
#include "serve/json_out.h"
#include "store/meta.h"

struct PredLog {
	Journal *journal;
	char *folder; /* predictions */
	double share;
	_Atomic uint64_t logged, sampled_out, dropped;
};

bool predlog_open(const PredLogOptions *o, PredLog **ret, GError **error)
{
	g_autofree char *folder = g_build_filename(o->state_folder, "predictions", NULL);
	g_autofree char *journal = g_build_filename(folder, "journal", NULL);
	JournalOptions options = {
	        .folder = journal, .flush_ms = o->flush_ms, .left = o->left, .tell = o->tell, .context = o->context};
	PredLog *l = g_new0(PredLog, 1);
	if (!journal_open(&options, &l->journal, error)) {
		g_free(l);
		return false;
	}
	l->folder = g_steal_pointer(&folder);
	l->share = o->share;
	*ret = l;
	return true;
}

void predlog_close(PredLog *l)
{
	if (!l)
		return;
	journal_close(l->journal);
	g_free(l->folder);
	g_free(l);
}

static void add_column(json_t *to, const char *name, const char *type)
{
	size_t i;
	json_t *column;
	json_array_foreach (to, i, column)
		if (g_strcmp0(json_get_text(column, "name", NULL), name) == 0)
			return;
	json_array_append_new(to, json_pack("{s:o,s:s}", "name", json_text(name), "type", type));
}

bool predlog_announce(PredLog *l, const Served *s, GError **error)
{
	json_auto_t *columns = json_array();
	bool classifies = bundle_classifies(s->bundle);
	add_column(columns, "prediction", classifies ? "text" : "real");
	for (size_t k = 0; classifies && k < s->outputs; k++) {
		g_autofree char *name = g_strconcat("probability_", bundle_class(s->bundle, k), NULL);
		add_column(columns, name, "real");
	}
	for (size_t i = 0; i < s->inputs; i++) {
		const char *name = s->input_names[i];
		g_autofree char *other = batch_name_is_taken(name) ? g_strconcat("input.", name, NULL) : NULL;
		add_column(columns, other ? other : name, column_type_name(s->input_types[i]));
	}
	g_autofree char *folder = g_strdup_printf("%s/model=%s", l->folder, s->name);
	g_autofree char *path = g_strdup_printf("%s/%d.json", folder, s->version);
	if (g_file_test(path, G_FILE_TEST_EXISTS))
		return true;
	return file_make_folder(folder, error) && json_write_file(path, columns, error);
}

/* FNV-1a, then mixed: neighbouring ids fall far apart. */
bool predlog_keeps(PredLog *l, const char *id)
{
	uint64_t h = 0xcbf29ce484222325u;
	for (; *id; id++)
		h = (h ^ (unsigned char)*id) * 0x100000001b3u;
	return l->share >= 1 || (double)(rng_hash(0, h) >> 11) * 0x1p-53 < l->share;
}

void predlog_sample_out(PredLog *l, size_t rows)
{
	atomic_fetch_add(&l->sampled_out, rows);
}

/* What all lines of a request have behind their id. */
static void write_about(GString *to, const PredLogEntry *e, const Served *s)
{
	int64_t now = meta_now();
	g_string_append(to, ",\"_gyre_time\":");
	out_int(to, e->is_timed ? e->time : now);
	if (e->is_timed) {
		g_string_append(to, ",\"_gyre_arrived\":");
		out_int(to, now);
	}
	g_string_append(to, ",\"_gyre_model\":");
	out_text(to, s->name);
	g_string_append(to, ",\"_gyre_version\":");
	out_int(to, s->version);
	g_string_append(to, ",\"_gyre_route\":");
	out_text(to, e->route);
	g_string_append(to, ",\"_gyre_protocol\":");
	out_text(to, e->protocol);
	g_string_append(to, ",\"_gyre_latency_us\":");
	out_int(to, g_get_monotonic_time() - e->begun);
}

/* {"_gyre_id":"ID" of a single row, "ID/ROW" of several; ids have nothing to escape (http/site.c). */
static void begin_line(GString *to, const PredLogEntry *e, size_t row, bool is_one)
{
	g_string_append(to, "{\"_gyre_id\":");
	out_text(to, e->id);
	if (is_one)
		return;
	to->str[to->len - 1] = '/';
	out_int(to, (gint64)row);
	g_string_append_c(to, '"');
}

static void add_scores(GString *to, const Scores *s, size_t row)
{
	const char *label = scores_label(s, row);
	g_string_append(to, ",\"prediction\":");
	if (!label) {
		out_number_or_null(to, scores_row(s, row)[0]);
		return;
	}
	out_text(to, label);
	for (size_t k = 0; k < s->served->outputs; k++) {
		out_part(to, s->served->class_keys[k].text, s->served->class_keys[k].length);
		out_number_or_null(to, scores_row(s, row)[k]);
	}
}

static void add_lines(PredLog *l, const GString *lines, size_t rows)
{
	bool ok = journal_add(l->journal, lines->str, lines->len);
	atomic_fetch_add(ok ? &l->logged : &l->dropped, rows);
}

/* A request of many rows goes in parts: a ring holds 4 MiB. */
void predlog_add(PredLog *l, const PredLogEntry *e, const Scores *s, const Batch *inputs)
{
	enum { PART_BYTES = 64 << 10 };
	g_autoptr(GString) lines = g_string_sized_new(1024);
	g_autoptr(GString) about = g_string_sized_new(256);
	size_t rows = 0;
	write_about(about, e, s->served);
	for (size_t i = 0; i < s->rows; i++) {
		begin_line(lines, e, i, s->rows == 1);
		out_part(lines, about->str, about->len);
		add_scores(lines, s, i);
		batch_write_row(inputs, i, lines);
		out_part(lines, "}\n", 2);
		rows++;
		if (lines->len >= PART_BYTES || i + 1 == s->rows) {
			add_lines(l, lines, rows);
			g_string_truncate(lines, 0);
			rows = 0;
		}
	}
}

void predlog_add_error(PredLog *l, const PredLogEntry *e, const Served *s, const char *sentence)
{
	g_autoptr(GString) line = g_string_sized_new(512);
	begin_line(line, e, 0, true);
	write_about(line, e, s);
	g_string_append(line, ",\"_gyre_error\":");
	out_text(line, sentence);
	g_string_append(line, "}\n");
	add_lines(l, line, 1);
}

PredLogCounts predlog_counts(const PredLog *l)
{
	PredLog *mine = (PredLog *)l;
	uint64_t lost = journal_lost(l->journal), logged = atomic_load(&mine->logged);
	return (PredLogCounts){.logged = logged - MIN(lost, logged),
	        .sampled_out = atomic_load(&mine->sampled_out),
	        .dropped = atomic_load(&mine->dropped) + lost};
}

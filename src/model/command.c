/* command.c: a family of models that is the user's own program, in any language, so that scikit-learn or PyTorch take part in
 * the same search, are judged on the same rows and shipped in the same kind of bundle.
 *
 * Training: the program runs once in a folder that holds its files and
 *
 *     job.json        {"task": "binary"|"multiclass"|"regression", "classes", "outputs", "features": [names], "rows",
 *                      "valid_rows", "format", "metric", "seed", "threads", "settings": {...}}
 *     features.csv    (or .npy) as model/rows_file.h says; target.csv: class numbers from 0, or numbers; weight.csv if rows
 *                     have weights; valid_features.csv and valid_target.csv if there are rows for early stopping
 *
 * and leaves files in model/.  These, the program's files and the job are the model: a bundle needs nothing of the project.
 *
 * Predicting: the program is started in a folder with its files, job.json and model/.  It reads lines "FEATURES SCORES" from its
 * standard input, each naming a file of features to read and one of scores to write (rows x outputs; for two classes one column,
 * the probability of the second, will do), and answers each with the line "ok". */
#include "model/families.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/limits.h"
#include "model/bytes.h"
#include "model/command_files.h"
#include "model/command_settings.h"
#include "model/program.h"
#include "model/rows_file.h"

#define MAGIC "GYCOMD1\n"
#define FILES_MOST 10000u

typedef struct KeptFile {
	char *path;      /* below the folder */
	bool is_program; /* may be run */
	char *bytes;
	size_t size;
} KeptFile;

/* What predicting needs: begun with the first rows. */
typedef struct Talk {
	GMutex lock;
	char *near; /* where its folder is made; NULL: where temporary files are */
	char *folder;
	Program *program;
} Talk;

typedef struct CommandModel {
	json_t *about;    /* {"predict": words, "time", "memory", "job": {...}} */
	GPtrArray *files; /* of KeptFile *, by path */
	uint32_t columns, outputs;
	Talk *talk;
} CommandModel;

static const Param PARAMS[] = {
        {.name = "train", .type = PARAM_TEXTS, .help = "the program that learns, and its arguments"},
        {.name = "predict", .type = PARAM_TEXTS, .help = "the program that answers, and its arguments"},
        {.name = "files",
                .type = PARAM_TEXTS,
                .preset = "[]",
                .help = "files of the project that it needs; words of the commands that name a file need not be told "
                        "again"},
        {.name = "format",
                .type = PARAM_TEXT,
                .preset = "\"csv\"",
                .choices = ROWS_FORMATS,
                .help = "form of the files of rows: csv, or npy (numpy.load)"},
        {.name = "settings",
                .type = PARAM_JSON,
                .preset = "{}",
                .help = "handed to the program; a value {min, max, log, default} or {choices, default} is one a search "
                        "draws"},
        {.name = "draw",
                .type = PARAM_INT,
                .preset = "0",
                .min = 0,
                .max = 2147483647,
                .flags = PARAM_TUNABLE,
                .help = "which draw of the settings; 0: their defaults"},
        {.name = "time",
                .type = PARAM_REAL,
                .preset = "3600",
                .min = 0,
                .max = 1e9,
                .unit = "s",
                .help = "for a training, and for an answer; 0: no limit"},
        {.name = "memory",
                .type = PARAM_INT,
                .preset = "0",
                .min = 0,
                .max = 1 << 30,
                .unit = "MiB",
                .help = "the program may take; 0: what a trial may"},
        {NULL},
};

static void kept_file_free(void *item)
{
	KeptFile *f = item;
	g_free(f->path);
	g_free(f->bytes);
	g_free(f);
}

static void command_free(void *model)
{
	CommandModel *m = model;
	if (!m)
		return;
	program_close(m->talk->program);
	if (m->talk->folder)
		file_remove(m->talk->folder, NULL);
	g_mutex_clear(&m->talk->lock);
	g_free(m->talk->near);
	g_free(m->talk->folder);
	g_free(m->talk);
	json_decref(m->about);
	g_ptr_array_unref(m->files);
	g_free(m);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CommandModel, command_free)

static CommandModel *command_new(void)
{
	CommandModel *m = g_new0(CommandModel, 1);
	m->files = g_ptr_array_new_with_free_func(kept_file_free);
	m->talk = g_new0(Talk, 1);
	g_mutex_init(&m->talk->lock);
	return m;
}

static bool make_folder(const Talk *t, char **ret, GError **error)
{
	g_autofree char *folder = g_build_filename(t->near ? t->near : g_get_tmp_dir(), "gyre-command-XXXXXX", NULL);
	if (!g_mkdtemp(folder))
		return fail_errno(error, errno, "cannot make a folder for the program");
	*ret = g_steal_pointer(&folder);
	return true;
}

static int by_path(const void *a, const void *b)
{
	return strcmp((*(KeptFile *const *)a)->path, (*(KeptFile *const *)b)->path);
}

static size_t total_size(const CommandModel *m)
{
	size_t size = 0;
	for (guint i = 0; i < m->files->len; i++)
		size += ((const KeptFile *)m->files->pdata[i])->size;
	return size;
}

/* A file, or a folder with all in it.  No links: what they point to would not be kept. */
static bool keep(CommandModel *m, const char *folder, const char *below, GError **error)
{
	g_autofree char *path = g_build_filename(folder, below, NULL);
	struct stat about;
	if (lstat(path, &about) < 0)
		return fail_errno(error, errno, "cannot read %s", below);
	if (S_ISDIR(about.st_mode)) {
		g_autoptr(GDir) entries = g_dir_open(path, 0, NULL);
		const char *name;
		while (entries && (name = g_dir_read_name(entries))) {
			g_autofree char *inside = g_build_filename(below, name, NULL);
			if (!keep(m, folder, inside, error))
				return false;
		}
		return true;
	}
	if (!S_ISREG(about.st_mode))
		return fail(error, FAIL_INVALID, "%s is neither a file nor a folder: it cannot be kept with the model",
		        below);
	KeptFile *f = g_new0(KeptFile, 1);
	g_ptr_array_add(m->files, f);
	f->path = g_strdup(below);
	f->is_program = about.st_mode & S_IXUSR;
	if (!file_read(path, LIMIT_COMMAND_MODEL_BYTES, &f->bytes, &f->size, error))
		return false;
	if (m->files->len > FILES_MOST || total_size(m) > LIMIT_COMMAND_MODEL_BYTES)
		return fail(error, FAIL_LIMIT, "the program's model is more than %u files or %d MiB", FILES_MOST,
		        LIMIT_COMMAND_MODEL_BYTES >> 20);
	return true;
}

static bool keep_program(CommandModel *m, const char *code, GError **error)
{
	g_autoptr(GDir) entries = code ? g_dir_open(code, 0, NULL) : NULL;
	const char *name;
	while (entries && (name = g_dir_read_name(entries)))
		if (!keep(m, code, name, error))
			return false;
	return true;
}

static bool lay_files(const CommandModel *m, const char *folder, GError **error)
{
	for (guint i = 0; i < m->files->len; i++) {
		const KeptFile *f = m->files->pdata[i];
		g_autofree char *path = g_build_filename(folder, f->path, NULL);
		g_autofree char *above = g_path_get_dirname(path);
		g_autoptr(GError) cause = NULL;
		if (!file_make_folder(above, error))
			return false;
		if (!g_file_set_contents_full(path, f->bytes, (gssize)f->size, G_FILE_SET_CONTENTS_NONE,
		            f->is_program ? 0700 : 0600, &cause))
			return fail(error, FAIL_UNAVAILABLE, "%s", cause->message);
	}
	return true;
}

static json_t *job_of(const TrainSet *set, const json_t *params)
{
	json_t *names = json_array();
	for (size_t j = 0; j < set->x->columns; j++) {
		g_autofree char *number = g_strdup_printf("f%zu", j);
		json_array_append_new(names, json_text(set->x->names ? set->x->names[j] : number));
	}
	const char *task = set->task == TASK_BINARY       ? "binary"
	                   : set->task == TASK_MULTICLASS ? "multiclass"
	                                                  : "regression";
	return json_pack("{s:s,s:I,s:I,s:o,s:I,s:I,s:s,s:s,s:I,s:I,s:o}", "task", task, "classes",
	        (json_int_t)set->classes, "outputs", (json_int_t)task_outputs(set->classes), "features", names, "rows",
	        (json_int_t)set->x->rows, "valid_rows", (json_int_t)(set->valid ? set->valid->rows : 0), "format",
	        json_get_text(params, "format", "csv"), "metric", set->metric ? set->metric : "", "seed",
	        (json_int_t)(set->seed & 0x7fffffff), "threads", (json_int_t)MAX(set->threads, 1u), "settings",
	        command_settings(json_object_get(params, "settings"), (uint64_t)json_get_int(params, "draw", 0)));
}

static char *file_in(const char *folder, const char *name, const char *format)
{
	return g_strdup_printf("%s/%s.%s", folder, name, format);
}

static bool write_numbers(
        const char *folder, const char *name, const char *format, const double *values, size_t rows, GError **error)
{
	g_autofree char *path = file_in(folder, name, format);
	return rows_file_numbers(path, format, values, rows, error);
}

static bool write_rows(const TrainSet *set, const char *folder, const char *format, GError **error)
{
	g_autofree char *features = file_in(folder, "features", format);
	g_autofree char *valid = file_in(folder, "valid_features", format);
	if (!rows_file_features(features, format, set->x, error) ||
	        !write_numbers(folder, "target", format, set->y, set->x->rows, error) ||
	        (set->weight && !write_numbers(folder, "weight", format, set->weight, set->x->rows, error)))
		return false;
	if (!set->valid)
		return true;
	Matrix named = *set->valid;
	named.names = set->x->names;
	return rows_file_features(valid, format, &named, error) &&
	       write_numbers(folder, "valid_target", format, set->valid_y, set->valid->rows, error);
}

static bool write_job(const CommandModel *m, const char *folder, GError **error)
{
	g_autofree char *path = g_build_filename(folder, "job.json", NULL);
	return json_write_file(path, json_object_get(m->about, "job"), error);
}

static bool learn(CommandModel *m, const TrainSet *set, const json_t *params, const char *folder, GError **error)
{
	ProgramPlan plan = {.folder = folder,
	        .words = json_object_get(params, "train"),
	        .seconds = json_get_number(params, "time", 3600),
	        .memory_mb = (size_t)json_get_int(params, "memory", 0)};
	g_autofree char *model = g_build_filename(folder, "model", NULL);
	guint code = m->files->len;
	if (!lay_files(m, folder, error) || !file_make_folder(model, error) || !write_job(m, folder, error) ||
	        !write_rows(set, folder, json_get_text(params, "format", "csv"), error) || !program_run(&plan, error) ||
	        !keep(m, folder, "model", error))
		return false;
	g_ptr_array_sort(m->files, by_path);
	return m->files->len > code || fail(error, FAIL_INVALID, "the program left nothing in model/");
}

/* As execvpe in the folder of its files finds it: by the path, below the folder, or in PATH. */
static bool find_program(const char *code, const json_t *words, GError **error)
{
	const char *name = json_string_value(json_array_get(words, 0));
	if (!name)
		return fail(error, FAIL_INVALID,
		        "the family command needs a program: models.params.command with train and predict");
	g_autofree char *path = !strchr(name, '/')         ? g_find_program_in_path(name)
	                        : g_path_is_absolute(name) ? g_strdup(name)
	                                                   : g_build_filename(code ? code : ".", name, NULL);
	return (path && g_file_test(path, G_FILE_TEST_IS_REGULAR)) ||
	       fail(error, FAIL_NOT_FOUND, "the family command needs the program %s, which is not there", name);
}

static bool command_ready(const char *code, const json_t *params, GError **error)
{
	return find_program(code, json_object_get(params, "train"), error) &&
	       find_program(code, json_object_get(params, "predict"), error);
}

static bool command_train(
        const TrainSet *set, const json_t *params, void **ret_model, json_t **ret_params, GError **error)
{
	const json_t *predict = json_object_get(params, "predict");
	g_autoptr(CommandModel) m = command_new();
	g_autofree char *folder = NULL;
	if (!command_ready(set->code, params, error))
		return false;
	m->columns = (uint32_t)set->x->columns;
	m->outputs = (uint32_t)task_outputs(set->classes);
	m->about = json_pack("{s:O,s:O,s:O,s:o}", "predict", predict, "time", json_object_get(params, "time"), "memory",
	        json_object_get(params, "memory"), "job", job_of(set, params));
	m->talk->near = set->code ? g_path_get_dirname(set->code) : NULL; /* who is killed cannot clean up */
	if (!keep_program(m, set->code, error) || !make_folder(m->talk, &folder, error))
		return false;
	bool ok = learn(m, set, params, folder, error);
	file_remove(folder, NULL);
	if (!ok)
		return false;
	*ret_model = g_steal_pointer(&m);
	return true;
}

/* A bundle may come from anywhere, and this family's is a program. */
static bool is_allowed(GError **error)
{
	if (g_strcmp0(g_getenv("GYRE_COMMANDS"), "never") != 0)
		return true;
	return fail(error, FAIL_INVALID,
	        "the model is a program of its own, and GYRE_COMMANDS=never forbids to run any from bundles");
}

static bool begin_talk(const CommandModel *m, GError **error)
{
	Talk *t = m->talk;
	if (t->program)
		return true;
	if (!is_allowed(error))
		return false;
	if (!t->folder && (!make_folder(t, &t->folder, error) || !lay_files(m, t->folder, error) ||
	                          !write_job(m, t->folder, error)))
		return false;
	ProgramPlan plan = {.folder = t->folder,
	        .words = json_object_get(m->about, "predict"),
	        .seconds = json_get_number(m->about, "time", 3600),
	        .memory_mb = (size_t)json_get_int(m->about, "memory", 0)};
	return program_open(&plan, &t->program, error);
}

/* Two classes from one column; probabilities must be some, and are made to sum to 1. */
static bool accept_row(const CommandModel *m, const double *said, size_t columns, double *ret, GError **error)
{
	double sum = 0;
	if (columns < m->outputs) {
		ret[0] = 1 - said[0];
		ret[1] = said[0];
	} else {
		memcpy(ret, said, m->outputs * sizeof *ret);
	}
	for (uint32_t k = 0; k < m->outputs; k++) {
		if (!isfinite(ret[k]) || (m->outputs > 1 && (ret[k] < -1e-9 || ret[k] > 1 + 1e-6)))
			return fail(error, FAIL_INVALID, "the program gives a score of %g%s", ret[k],
			        m->outputs > 1 ? "; probabilities are from 0 to 1" : "");
		sum += m->outputs > 1 ? ret[k] = CLAMP(ret[k], 0, 1) : 0;
	}
	for (uint32_t k = 0; m->outputs > 1 && k < m->outputs; k++)
		ret[k] = sum > 0 ? ret[k] / sum : 1.0 / m->outputs;
	return true;
}

static bool accept_scores(
        const CommandModel *m, const char *path, const char *format, size_t rows, double *ret, GError **error)
{
	size_t columns;
	if (!rows_file_columns(path, format, &columns, error))
		return false;
	if (columns != m->outputs && !(m->outputs == 2 && columns == 1))
		return fail(error, FAIL_INVALID, "the program gives %zu scores a row; %u are expected", columns,
		        m->outputs);
	g_autofree double *said = g_new(double, MAX(rows * columns, (size_t)1));
	if (!rows_file_read(path, format, rows, columns, said, error))
		return false;
	for (size_t i = 0; i < rows; i++)
		if (!accept_row(m, said + i * columns, columns, ret + i * m->outputs, error))
			return false;
	return true;
}

static bool ask(const CommandModel *m, const Matrix *x, double *ret, GError **error)
{
	const json_t *job = json_object_get(m->about, "job");
	const char *format = json_get_text(job, "format", "csv");
	if (!begin_talk(m, error))
		return false;
	g_autofree char *features = file_in(m->talk->folder, "asked", format);
	g_autofree char *scores = file_in(m->talk->folder, "scores", format);
	g_autofree char *line = g_strdup_printf("asked.%s scores.%s", format, format);
	g_autofree char *answer = NULL;
	g_auto(GStrv) names = g_new0(char *, json_array_size(json_object_get(job, "features")) + 1);
	for (size_t j = 0; j < json_array_size(json_object_get(job, "features")); j++)
		names[j] = g_strdup(json_string_value(json_array_get(json_object_get(job, "features"), j)));
	Matrix named = *x;
	named.names = names;
	if (!file_remove(scores, error) || !rows_file_features(features, format, &named, error) ||
	        !program_ask(m->talk->program, line, &answer, error))
		return false;
	if (!g_str_equal(answer, "ok"))
		return fail(error, FAIL_INVALID, "the program answers \"%.200s\" instead of ok", answer);
	return accept_scores(m, scores, format, x->rows, ret, error);
}

static bool command_predict(const void *model, const Matrix *x, double *ret, GError **error)
{
	const CommandModel *m = model;
	if (!matrix_check_columns(x, m->columns, error))
		return false;
	if (x->rows == 0)
		return true;
	g_mutex_lock(&m->talk->lock);
	bool ok = ask(m, x, ret, error);
	if (!ok) /* the next rows are asked of a fresh one */
		g_clear_pointer(&m->talk->program, program_close);
	g_mutex_unlock(&m->talk->lock);
	return ok;
}

static void write_bytes(GByteArray *to, const void *bytes, size_t size)
{
	write_u32(to, (uint32_t)size);
	write_items(to, bytes, size, 1);
}

/* magic, columns, outputs, about, number of files, (path, may be run, bytes)...; at last the digest of all before, since a changed
 * program might do anything. */
static bool command_save(const void *model, GBytes **ret, GError **error)
{
	const CommandModel *m = model;
	g_autofree char *about = json_canonical(m->about);
	GByteArray *to = g_byte_array_new();
	write_magic(to, MAGIC);
	write_u32(to, m->columns);
	write_u32(to, m->outputs);
	write_bytes(to, about, strlen(about));
	write_u32(to, m->files->len);
	for (guint i = 0; i < m->files->len; i++) {
		const KeptFile *f = m->files->pdata[i];
		write_bytes(to, f->path, strlen(f->path));
		write_u32(to, f->is_program);
		write_bytes(to, f->bytes, f->size);
	}
	g_autofree char *digest = digest_of_bytes(to->data, to->len);
	write_items(to, digest, DIGEST_TEXT, 1);
	*ret = g_byte_array_free_to_bytes(to);
	return true;
}

static char *read_text(ByteReader *r, size_t *ret_size)
{
	*ret_size = read_u32(r);
	g_autofree char *bytes = read_items(r, *ret_size, 1);
	char *text = g_malloc0(bytes ? *ret_size + 1 : 1);
	if (bytes)
		memcpy(text, bytes, *ret_size);
	return text;
}

static bool is_safe_path(const char *path)
{
	g_auto(GStrv) parts = g_strsplit(path, "/", -1);
	return *path && !g_path_is_absolute(path) && !g_strv_contains((const char *const *)parts, "..");
}

static bool is_whole(GBytes *bytes)
{
	gsize size;
	const char *data = g_bytes_get_data(bytes, &size);
	if (size < DIGEST_TEXT)
		return false;
	g_autofree char *digest = digest_of_bytes(data, size - DIGEST_TEXT);
	return memcmp(digest, data + size - DIGEST_TEXT, DIGEST_TEXT) == 0;
}

static bool command_load(GBytes *bytes, void **ret, GError **error)
{
	g_autoptr(CommandModel) m = command_new();
	ByteReader r = byte_reader(bytes);
	size_t size;
	bool whole = is_whole(bytes);
	read_magic(&r, MAGIC);
	m->columns = read_u32(&r);
	m->outputs = read_u32(&r);
	g_autofree char *about = read_text(&r, &size);
	uint32_t count = read_u32(&r);
	for (uint32_t i = 0; whole && r.ok && i < MIN(count, FILES_MOST); i++) {
		KeptFile *f = g_new0(KeptFile, 1);
		g_ptr_array_add(m->files, f);
		f->path = read_text(&r, &size);
		f->is_program = read_u32(&r) != 0;
		f->bytes = read_text(&r, &f->size);
		whole = is_safe_path(f->path);
	}
	g_autofree char *digest = read_items(&r, DIGEST_TEXT, 1);
	bool fits = m->columns >= 1 && m->columns <= LIMIT_FEATURES && m->outputs >= 1 && m->outputs <= LIMIT_CLASSES;
	if (!whole || !read_ended(&r) || !fits)
		return fail(error, FAIL_BROKEN, "the stored program is damaged");
	if (!json_parse("the stored program", about, strlen(about), &m->about, error))
		return false;
	*ret = g_steal_pointer(&m);
	return true;
}

static void command_shape(const void *model, size_t *ret_columns, size_t *ret_outputs)
{
	*ret_columns = ((const CommandModel *)model)->columns;
	*ret_outputs = ((const CommandModel *)model)->outputs;
}

const ModelFamily FAMILY_COMMAND = {
        .name = "command",
        .help = "a program of your own that learns and answers through files",
        .tasks = TASK_ANY,
        .params = PARAMS,
        .search_share = 2,
        .files = command_files,
        .ready = command_ready,
        .train = command_train,
        .predict = command_predict,
        .save = command_save,
        .load = command_load,
        .shape = command_shape,
        .free = command_free,
};

/* plan_command.c: a command of gyre.yaml becomes a step of the plan. */
#include "pipeline/plan.h"

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "pipeline/command.h"
#include "pipeline/plan_inside.h"

#include <string.h>
#include <sys/stat.h>

enum { FILES_MOST = 10000 }; /* of one command: each is hashed and copied; more is a virtual environment by mistake */

const Param PLAN_COMMAND_PARAMS[] = {
        {"command", PARAM_JSON, "the program and its arguments: a list of words, or one text for the shell",
                .flags = PARAM_REQUIRED},
        {"inputs", PARAM_JSON, "by name, where each input comes from: STEP.OUTPUT or a file of the project", "{}"},
        {"outputs", PARAM_TEXTS, "names of the files it leaves in outputs/", .flags = PARAM_REQUIRED},
        {"params", PARAM_JSON, "settings, handed over in params.json", "{}"},
        {"files", PARAM_TEXTS, "files and folders of code it needs", "[]"},
        {"env", PARAM_TEXTS, "environment variables whose values matter to the result", "[]"},
        {"time_limit", PARAM_INT, "how long it may run", .min = 1, .max = 31536000, .unit = "s"},
        {"memory_limit", PARAM_INT, "how much memory it may take", .min = 1, .max = 1 << 30, .unit = "MiB"},
        {"all_cores", PARAM_BOOL, "it uses several cores, so nothing else runs beside it", "false"},
        {NULL},
};

typedef struct Reader {
	Node *n;
	const char *who, *folder;
} Reader;

static bool is_below(const char *relative)
{
	g_auto(GStrv) parts = g_strsplit(relative, "/", -1);
	return !g_path_is_absolute(relative) && !g_strv_contains((const char *const *)parts, "..");
}

/* Names the command's folder has a use for itself. */
static bool is_taken(const char *relative)
{
	static const char *const TAKEN[] = {
	        "inputs", "outputs", "scratch", "spec.json", "params.json", "result.json", "error.json", NULL};
	g_auto(GStrv) parts = g_strsplit(relative, "/", 2);
	return g_strv_contains(TAKEN, parts[0]);
}

static bool add_file(Reader *r, const char *relative, GError **error);

static bool add_folder(Reader *r, const char *relative, const char *path, GError **error)
{
	g_autoptr(GDir) entries = g_dir_open(path, 0, NULL);
	const char *name;
	while (entries && (name = g_dir_read_name(entries))) {
		g_autofree char *below = g_build_filename(relative, name, NULL);
		if (name[0] != '.' && strcmp(name, "__pycache__") != 0 && !add_file(r, below, error))
			return false;
	}
	return true;
}

static bool add_file(Reader *r, const char *relative, GError **error)
{
	g_autofree char *path = g_build_filename(r->folder, relative, NULL);
	struct stat about;
	if (stat(path, &about) < 0)
		return fail(error, FAIL_NOT_FOUND, "%s: files: there is no %s", r->who, path);
	if (S_ISDIR(about.st_mode))
		return add_folder(r, relative, path, error);
	if (!S_ISREG(about.st_mode))
		return fail(error, FAIL_INVALID, "%s: files: %s is neither a file nor a folder", r->who, path);
	if (is_taken(relative))
		return fail(error, FAIL_INVALID, "%s: files: %s: the command's own folder uses that name", r->who,
		        relative);
	if (json_object_size(r->n->files) >= FILES_MOST)
		return fail(error, FAIL_LIMIT, "%s: files: more than %d files", r->who, FILES_MOST);
	json_object_set_new(r->n->files, relative, json_text(path));
	return true;
}

static char *plain_path(const char *relative)
{
	g_autofree char *rooted = g_strconcat("/", relative, NULL);
	g_autofree char *plain = g_canonicalize_filename(rooted, "/");
	return g_strdup(plain[1] ? plain + 1 : ".");
}

static bool add_files(Reader *r, const json_t *files, GError **error)
{
	size_t i;
	json_t *file;
	json_array_foreach (files, i, file) {
		g_autofree char *relative = plain_path(json_string_value(file));
		if (!is_below(json_string_value(file)))
			return fail(error, FAIL_INVALID, "%s: files: %s is outside the project", r->who,
			        json_string_value(file));
		if (!add_file(r, relative, error))
			return false;
	}
	return true;
}

/* "python3 train.py" depends on train.py whether or not it was declared, and would not find it if it were not there. */
static bool add_words(Reader *r, const char *text, bool is_shell, GError **error)
{
	g_auto(GStrv) words = is_shell ? g_strsplit_set(text, " \t\r\n;|&<>()'\"=", -1) : g_strsplit(text, "\n", 1);
	for (char **word = words; *word; word++) {
		g_autofree char *relative = plain_path(*word);
		g_autofree char *path = g_build_filename(r->folder, relative, NULL);
		if (!**word || !is_below(*word) || is_taken(relative) || !g_file_test(path, G_FILE_TEST_IS_REGULAR))
			continue;
		if (!add_file(r, relative, error))
			return false;
	}
	return true;
}

static bool look_up(void *context, const char *group, const char *name, char **ret, GError **error)
{
	const Reader *r = context;
	const Node *n = r->n;
	bool found = false;
	size_t i;
	json_t *output;
	if (strcmp(group, "params") == 0)
		found = json_object_get(n->params, name);
	else if (strcmp(group, "inputs") == 0)
		for (guint j = 0; j < n->inputs->len; j++)
			found = found || strcmp(node_input(n, j)->name, name) == 0;
	else
		json_array_foreach (n->outputs, i, output)
			found = found || strcmp(json_string_value(output), name) == 0;
	if (!found)
		return fail(
		        error, FAIL_INVALID, "%s: command: {%s.%s} is not among its %s", r->who, group, name, group);
	*ret = g_strdup("");
	return true;
}

static bool check_word(Reader *r, const json_t *word, bool is_shell, GError **error)
{
	g_autofree char *expanded = NULL;
	if (!json_is_string(word))
		return fail(error, FAIL_INVALID, "%s: command: every word has to be a text; put it in quotes", r->who);
	return command_expand(json_string_value(word), look_up, r, &expanded, error) &&
	       add_words(r, json_string_value(word), is_shell, error);
}

static bool read_command(Reader *r, json_t *command, GError **error)
{
	r->n->command = json_incref(command);
	if (json_is_string(command) && *json_string_value(command))
		return check_word(r, command, true, error);
	if (json_array_size(command) == 0)
		return fail(error, FAIL_INVALID, "%s: command: expected a list of words, or one text for the shell",
		        r->who);
	size_t i;
	json_t *word;
	json_array_foreach (command, i, word)
		if (!check_word(r, word, false, error))
			return false;
	return true;
}

/* "train.bundle" may be a step's output or a file: that is decided when all steps are known. */
static bool add_input(Reader *r, const char *name, const json_t *source, GError **error)
{
	const char *text = json_string_value(source);
	if (!text || !*text)
		return fail(error, FAIL_INVALID, "%s: inputs: %s: expected STEP.OUTPUT or the path of a file", r->who,
		        name);
	if (!plan_name_is_fine(name, false))
		return fail(error, FAIL_INVALID, "%s: inputs: \"%s\" cannot be a name: letters, digits, _ and -",
		        r->who, name);
	g_autofree char *path = g_canonicalize_filename(text, r->folder);
	bool may_be_step = strchr(text, '.') && !strchr(text, '/');
	PlanInput in = {.name = name, .from = may_be_step ? text : NULL, .file = path};
	node_add_input(r->n, &in);
	return true;
}

static bool read_inputs(Reader *r, const json_t *inputs, GError **error)
{
	if (!json_is_object(inputs))
		return fail(error, FAIL_INVALID, "%s: inputs: expected names and where each comes from", r->who);
	const char *name;
	json_t *source;
	json_object_foreach ((json_t *)inputs, name, source)
		if (!add_input(r, name, source, error))
			return false;
	return true;
}

static bool read_outputs(Reader *r, json_t *outputs, GError **error)
{
	r->n->outputs = json_incref(outputs);
	json_auto_t *seen = json_object();
	size_t i;
	json_t *name;
	json_array_foreach (outputs, i, name) {
		const char *text = json_string_value(name);
		if (!plan_name_is_fine(text, true))
			return fail(error, FAIL_INVALID,
			        "%s: outputs: \"%s\" cannot be a name: letters, digits, ., _ and -", r->who, text);
		if (json_object_get(seen, text))
			return fail(error, FAIL_INVALID, "%s: outputs: \"%s\" is there twice", r->who, text);
		json_object_set_new(seen, text, json_true());
	}
	return true;
}

static bool read_params(Reader *r, json_t *params, GError **error)
{
	r->n->params = json_incref(params);
	return json_is_object(params) || fail(error, FAIL_INVALID, "%s: params: expected names and values", r->who);
}

static bool read_all(Reader *r, const json_t *block, GError **error)
{
	Node *n = r->n;
	n->time_limit_s = (unsigned)json_get_int(block, "time_limit", 0);
	n->memory_mb = (unsigned)json_get_int(block, "memory_limit", 0);
	n->all_cores = json_get_bool(block, "all_cores", false);
	n->environment = json_incref(json_object_get(block, "env"));
	n->files = json_object();
	return read_inputs(r, json_object_get(block, "inputs"), error) &&
	       read_outputs(r, json_object_get(block, "outputs"), error) &&
	       read_params(r, json_object_get(block, "params"), error) &&
	       add_files(r, json_object_get(block, "files"), error) &&
	       read_command(r, json_object_get(block, "command"), error);
}

bool plan_add_command(
        Plan *p, const char *name, const json_t *command, const char *folder, uint64_t seed, GError **error)
{
	g_autofree char *who = g_strdup_printf("step %s", name);
	g_autofree char *absolute = g_canonicalize_filename(folder, NULL);
	json_auto_t *block = NULL;
	if (!param_fill(PLAN_COMMAND_PARAMS, who, command, &block, error))
		return false;
	Reader r = {.n = node_new(name, &COMMAND_KIND), .who = who, .folder = absolute};
	r.n->seed = seed;
	if (!read_all(&r, block, error)) {
		node_free(r.n);
		return false;
	}
	return plan_insert(p, r.n, error);
}

/* command.c: running the user's program: its folder, its environment, its end. */
#include "pipeline/command.h"

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "pipeline/limit.h"
#include "pipeline/work.h"
#include "store/blobs.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct Place {
	StepRun *s;
	const json_t *spec;
	const char *folder;
	bool is_shell;
	json_t *links; /* {input: path in the folder, with suffix} */
} Place;

/* What a file is by its first bytes: people's libraries choose a reader by suffix. */
static const char *suffix_by_content(const char *path)
{
	char head[64] = {0};
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? 0 : read(fd, head, sizeof head - 1);
	if (fd >= 0)
		close(fd);
	if (got >= 4 && memcmp(head, "PAR1", 4) == 0)
		return ".parquet";
	const char *text = head + strspn(head, " \t\r\n");
	if (*text == '{' || *text == '[')
		return ".json";
	if (g_ascii_strncasecmp(text, "<!doctype html", 14) == 0 || g_ascii_strncasecmp(text, "<html", 5) == 0)
		return ".html";
	return NULL;
}

/* The last suffix of a user's file (".csv", and ".csv.gz" whole); blobs have none. */
static char *suffix_of(const char *path)
{
	g_autofree char *base = g_path_get_basename(path);
	const char *dot = strrchr(base, '.');
	if (!dot || dot == base)
		return g_strdup(suffix_by_content(path));
	for (const char *c = dot - 1; c > base && dot - c <= 8 && *c != ' '; c--)
		if (*c == '.' && (strcmp(dot, ".gz") == 0 || strcmp(dot, ".zst") == 0))
			return g_strdup(c);
	return g_strdup(dot);
}

static bool link_at(const char *target, const char *path, GError **error)
{
	return symlink(target, path) == 0 || fail_errno(error, errno, "cannot make %s", path);
}

static bool link_input(Place *p, const char *name, const char *target, GError **error)
{
	g_autofree char *plain = g_build_filename(p->folder, "inputs", name, NULL);
	g_autofree char *suffix = suffix_of(target);
	g_autofree char *named = g_strconcat(plain, suffix, NULL);
	json_object_set_new(p->links, name, json_text(named));
	return link_at(target, plain, error) && (!suffix || link_at(target, named, error));
}

static bool link_inputs(Place *p, GError **error)
{
	const char *name;
	json_t *input;
	json_object_foreach (json_object_get(p->spec, "inputs"), name, input)
		if (!link_input(p, name, json_get_text(input, "path", ""), error))
			return false;
	return true;
}

static bool copy_file(const Place *p, const char *name, const char *from, GError **error)
{
	g_autofree char *to = g_build_filename(p->folder, name, NULL);
	g_autofree char *parent = g_path_get_dirname(to);
	struct stat about;
	if (!file_make_folder(parent, error) || !file_copy(from, to, error))
		return false;
	if (stat(from, &about) == 0 && (about.st_mode & S_IXUSR) && chmod(to, 0755) < 0)
		return fail_errno(error, errno, "cannot make %s", to);
	return true;
}

static bool copy_files(const Place *p, GError **error)
{
	const char *name;
	json_t *from;
	json_object_foreach (json_object_get(p->spec, "files"), name, from)
		if (!copy_file(p, name, json_string_value(from), error))
			return false;
	return true;
}

static bool write_params(const Place *p, GError **error)
{
	const json_t *params = json_object_get(p->spec, "params");
	if (json_object_size(params) == 0)
		return true;
	g_autofree char *path = g_build_filename(p->folder, "params.json", NULL);
	g_autofree char *text = json_pretty(params);
	g_autoptr(GError) problem = NULL;
	return g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0644, &problem) ||
	       fail(error, FAIL_UNAVAILABLE, "cannot write %s: %s", path, problem->message);
}

static bool furnish(Place *p, GError **error)
{
	g_autofree char *inputs = g_build_filename(p->folder, "inputs", NULL);
	bool has_inputs = json_object_size(json_object_get(p->spec, "inputs"));
	return (!has_inputs || file_make_folder(inputs, error)) && link_inputs(p, error) && copy_files(p, error) &&
	       write_params(p, error);
}

static bool look_up(void *context, const char *group, const char *name, char **ret, GError **error)
{
	const Place *p = context;
	g_autofree char *text = NULL;
	const json_t *param = json_object_get(json_object_get(p->spec, "params"), name);
	if (strcmp(group, "inputs") == 0)
		text = g_strdup(json_get_text(p->links, name, ""));
	else if (strcmp(group, "outputs") == 0)
		text = g_strdup(step_output(p->s, name));
	else
		text = json_is_string(param) ? g_strdup(json_string_value(param)) : json_canonical(param);
	*ret = p->is_shell ? g_shell_quote(text) : g_steal_pointer(&text);
	return true;
}

static bool make_words(Place *p, char ***ret, GError **error)
{
	const json_t *command = json_object_get(p->spec, "command");
	g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
	p->is_shell = json_is_string(command);
	if (p->is_shell) {
		g_ptr_array_add(words, g_strdup("/bin/sh"));
		g_ptr_array_add(words, g_strdup("-c"));
	}
	for (size_t i = 0; i < (p->is_shell ? 1 : json_array_size(command)); i++) {
		const json_t *word = p->is_shell ? command : json_array_get(command, i);
		char *expanded;
		if (!command_expand(json_string_value(word), look_up, p, &expanded, error))
			return false;
		g_ptr_array_add(words, expanded);
	}
	g_ptr_array_add(words, NULL);
	*ret = (char **)g_ptr_array_free(g_steal_pointer(&words), FALSE);
	return true;
}

static char **make_environment(const Place *p)
{
	g_autofree char *inputs = g_build_filename(p->folder, "inputs", NULL);
	g_autofree char *outputs = g_build_filename(p->folder, "outputs", NULL);
	g_autofree char *params = g_build_filename(p->folder, "params.json", NULL);
	g_autofree char *seed = g_strdup_printf("%" G_GUINT64_FORMAT, step_seed(p->s));
	g_autofree char *cores = g_strdup_printf("%u", step_cores(p->s));
	g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
	char **all = g_get_environ();
	if (program)
		all = g_environ_setenv(all, "GYRE", program, TRUE);
	all = g_environ_setenv(all, "GYRE_INPUTS", inputs, TRUE);
	all = g_environ_setenv(all, "GYRE_OUTPUTS", outputs, TRUE);
	if (json_object_size(json_object_get(p->spec, "params")))
		all = g_environ_setenv(all, "GYRE_PARAMS", params, TRUE);
	all = g_environ_setenv(all, "GYRE_SEED", seed, TRUE);
	return g_environ_setenv(all, "GYRE_CORES", cores, TRUE);
}

/* Between fork and exec: only calls that are safe there.  What goes wrong is told by the status shells use. */
static void become(char **words, char **variables, size_t memory_mb, pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(126);
	signal(SIGTERM, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	int number = limit_memory_before_exec(memory_mb, LIMIT_SLACK_COMMAND_MB);
	if (number == 0)
		execvpe(words[0], words, variables);
	_exit(errno == ENOENT ? 127 : 126);
}

/* SIGTERM is for the program: it may end in order, and its end is awaited. */
static bool run_words(char **words, char **variables, size_t memory_mb, int *ret_status, GError **error)
{
	signal(SIGTERM, SIG_IGN);
	pid_t parent = getpid(), pid = fork();
	if (pid < 0)
		return fail_errno(error, errno, "cannot start %s", words[0]);
	if (pid == 0)
		become(words, variables, memory_mb, parent);
	while (waitpid(pid, ret_status, 0) < 0)
		if (errno != EINTR)
			return fail_errno(error, errno, "cannot wait for %s", words[0]);
	return true;
}

static bool fail_status(const Place *p, const char *program, int status, GError **error)
{
	g_autofree char *tail = limit_log_tail(json_get_text(p->spec, "log", ""));
	const char *before = *tail ? "; its last lines:\n" : "";
	if (WIFSIGNALED(status))
		return fail(error, FAIL_BROKEN, "%s was ended by signal %d (%s)%s%s", program, WTERMSIG(status),
		        g_strsignal(WTERMSIG(status)), before, tail);
	int code = WEXITSTATUS(status);
	bool has_name = strchr(program, '/');
	if (code == 127 && !*tail)
		return fail(error, FAIL_NOT_FOUND, "there is no program %s%s", program, has_name ? "" : " on the PATH");
	if (code == 126 && !*tail)
		return fail(error, FAIL_INVALID, "%s cannot be run: is it executable?", program);
	return fail(error, FAIL_INVALID, "%s ended with status %d%s%s", program, code, before, tail);
}

static void keep_told(StepRun *s, const char *prefix, const json_t *told)
{
	const char *key;
	json_t *value;
	json_object_foreach ((json_t *)told, key, value) {
		g_autofree char *name = g_strdup_printf("%s%s%s", prefix, *prefix ? "." : "", key);
		if (json_is_number(value))
			step_metric(s, name, json_number_value(value));
		else if (json_is_object(value))
			keep_told(s, name, value);
		else
			step_note(s, name, json_incref(value));
	}
}

static bool read_metrics(const Place *p, GError **error)
{
	g_autofree char *path = g_build_filename(p->folder, "outputs", "metrics.json", NULL);
	json_auto_t *told = NULL;
	if (access(path, F_OK) < 0)
		return true;
	if (!json_read_file(path, &told, error))
		return false;
	if (!json_is_object(told))
		return fail(error, FAIL_INVALID, "outputs/metrics.json is not an object of names and numbers");
	keep_told(p->s, "", told);
	return true;
}

static int64_t changed_at(const char *path)
{
	struct stat about;
	return stat(path, &about) < 0 ? -1 : (int64_t)about.st_mtim.tv_sec * 1000000000 + about.st_mtim.tv_nsec;
}

static json_t *times_of(const json_t *inputs)
{
	json_t *times = json_object();
	const char *name;
	json_t *input;
	json_object_foreach ((json_t *)inputs, name, input)
		json_object_set_new(times, name, json_integer(changed_at(json_get_text(input, "path", ""))));
	return times;
}

/* A file of the user's may lie below the state folder too, or in one whose name begins like it. */
static bool is_blob(const char *state, const char *digest, const char *path)
{
	g_autoptr(Blobs) blobs = NULL;
	g_autofree char *blob = NULL;
	return blobs_open(state, &blobs, NULL) && blobs_path(blobs, digest, &blob, NULL) && strcmp(blob, path) == 0;
}

/* Inputs are the shared bytes themselves, read-only, but root writes to those too.  A blob that is no longer what its name
 * says is taken away, so that it is made again instead of being read by others. */
static bool check_inputs(const Place *p, const json_t *before, GError **error)
{
	const char *state = json_get_text(p->spec, "state_folder", "");
	const char *name;
	json_t *input;
	json_object_foreach (json_object_get(p->spec, "inputs"), name, input) {
		const char *path = json_get_text(input, "path", "");
		if (changed_at(path) == json_get_int(before, name, -1))
			continue;
		if (is_blob(state, json_get_text(input, "digest", ""), path))
			unlink(path);
		return fail(error, FAIL_INVALID, "it wrote to its input \"%s\"; inputs are shared and may only be read",
		        name);
	}
	return true;
}

static bool run_place(Place *p, GError **error)
{
	g_auto(GStrv) words = NULL;
	if (!furnish(p, error) || !make_words(p, &words, error))
		return false;
	json_auto_t *times = times_of(json_object_get(p->spec, "inputs"));
	g_auto(GStrv) variables = make_environment(p);
	int status;
	if (!run_words(words, variables, (size_t)json_get_int(p->spec, "memory_mb", 0), &status, error) ||
	        !check_inputs(p, times, error))
		return false;
	if (status != 0) {
		const json_t *first = json_array_get(json_object_get(p->spec, "command"), 0);
		return fail_status(p, first ? json_string_value(first) : "the command", status, error);
	}
	return read_metrics(p, error);
}

static bool command_run(StepRun *s, const json_t *params, GError **error)
{
	Place p = {.s = s, .spec = work_spec(s), .folder = work_folder(s), .links = json_object()};
	bool ok = run_place(&p, error);
	json_decref(p.links);
	return ok;
}

static const char *const NONE[] = {NULL};

const StepKind COMMAND_KIND = {
        .name = "command",
        .help = "a program of the user's own",
        .version = 1,
        .inputs = NONE,
        .outputs = NONE,
        .run = command_run,
};

/* project.c: finds, reads and checks gyre.yaml. */
#include "project/project.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "project/blocks.h"

void project_free(Project *p)
{
	if (!p)
		return;
	g_free(p->folder);
	g_free(p->state_folder);
	yaml_close(p->yaml);
	json_decref(p->config);
	json_decref(p->problems);
	g_free(p);
}

void project_problem(Project *p, const char *severity, const char *path, const char *sentence)
{
	int line = 1, column = 1;
	yaml_position(p->yaml, path, &line, &column);
	json_array_append_new(p->problems,
	        json_pack("{s:s,s:i,s:i,s:o,s:s,s:o}", "file", yaml_name(p->yaml), "line", line, "column", column,
	                "path", json_text(path), "severity", severity, "problem", json_text(sentence)));
}

bool project_has_errors(const Project *p)
{
	size_t i;
	json_t *problem;
	json_array_foreach (p->problems, i, problem)
		if (strcmp(json_get_text(problem, "severity", ""), "error") == 0)
			return true;
	return false;
}

static int by_place(const void *a, const void *b)
{
	const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
	int64_t line = json_get_int(x, "line", 0) - json_get_int(y, "line", 0);
	int64_t column = json_get_int(x, "column", 0) - json_get_int(y, "column", 0);
	return line ? (line < 0 ? -1 : 1) : column < 0 ? -1 : column > 0;
}

/* Problems in the file's order; those of one place stay as they were found. */
static void sort_problems(Project *p)
{
	size_t count = json_array_size(p->problems);
	g_autofree json_t **list = g_new(json_t *, count + 1);
	for (size_t i = 0; i < count; i++)
		list[i] = json_incref(json_array_get(p->problems, i));
	g_qsort_with_data(list, (gint)count, sizeof *list, (GCompareDataFunc)(void (*)(void))by_place, NULL);
	json_array_clear(p->problems);
	for (size_t i = 0; i < count; i++)
		json_array_append_new(p->problems, list[i]);
}

static bool find_folder(const char *from, char **ret, GError **error)
{
	g_autofree char *start = realpath(from ? from : ".", NULL);
	if (!start)
		return fail_errno(error, errno, "cannot open the folder %s", from);
	for (g_autofree char *at = g_strdup(start);;) {
		g_autofree char *file = g_build_filename(at, PROJECT_FILE, NULL);
		if (g_file_test(file, G_FILE_TEST_EXISTS)) {
			*ret = g_strdup(at);
			return true;
		}
		if (strcmp(at, "/") == 0)
			break;
		char *parent = g_path_get_dirname(at);
		g_free(at);
		at = parent;
	}
	return fail(error, FAIL_NOT_FOUND,
	        "%s is not in a project: there is no " PROJECT_FILE
	        " here or above; start one with gyre new DATA --target COLUMN",
	        start);
}

bool project_read(const char *folder, Project **ret, GError **error)
{
	g_autoptr(Project) p = g_new0(Project, 1);
	if (!find_folder(folder, &p->folder, error))
		return false;
	g_autofree char *file = g_build_filename(p->folder, PROJECT_FILE, NULL);
	if (!yaml_read_file(file, &p->yaml, error))
		return false;
	p->state_folder = g_build_filename(p->folder, PROJECT_STATE, NULL);
	p->problems = json_array();
	p->config = blocks_check(p);
	sort_problems(p);
	*ret = g_steal_pointer(&p);
	return true;
}

static bool first_error(const Project *p, GError **error)
{
	size_t i, errors = 0;
	const json_t *first = NULL;
	json_t *problem;
	json_array_foreach (p->problems, i, problem) {
		if (strcmp(json_get_text(problem, "severity", ""), "error") != 0)
			continue;
		first = first ? first : problem;
		errors++;
	}
	if (!first)
		return true;
	g_autofree char *more = errors > 1 ? g_strdup_printf(" (and %zu more: gyre check)", errors - 1) : g_strdup("");
	const char *path = json_get_text(first, "path", "");
	return fail(error, FAIL_INVALID, "%s:%d:%d: %s%s%s%s", json_get_text(first, "file", ""),
	        (int)json_get_int(first, "line", 0), (int)json_get_int(first, "column", 0), path, *path ? ": " : "",
	        json_get_text(first, "problem", ""), more);
}

bool project_open(const char *folder, Project **ret, GError **error)
{
	g_autoptr(Project) p = NULL;
	if (!project_read(folder, &p, error) || !first_error(p, error))
		return false;
	*ret = g_steal_pointer(&p);
	return true;
}

const char *project_name(const Project *p)
{
	return json_get_text(p->config ? p->config : yaml_root(p->yaml), "project", "");
}

const json_t *project_block(const Project *p, const char *name)
{
	return json_object_get(p->config, name);
}

char *project_path(const Project *p, const char *path)
{
	return g_path_is_absolute(path) ? g_strdup(path) : g_build_filename(p->folder, path, NULL);
}

json_t *project_roles(const Project *p)
{
	const json_t *goal = project_block(p, "goal"), *data = project_block(p, "data");
	json_t *roles = json_object();
	static const char *const OF_GOAL[] = {"task", "target", "positive"};
	static const char *const OF_DATA[] = {"time", "key", "drop", "group", "weight"};
	for (size_t i = 0; i < G_N_ELEMENTS(OF_GOAL); i++)
		json_object_set(roles, OF_GOAL[i], json_object_get(goal, OF_GOAL[i]) ?: json_null());
	for (size_t i = 0; i < G_N_ELEMENTS(OF_DATA); i++)
		json_object_set(roles, OF_DATA[i], json_object_get(data, OF_DATA[i]) ?: json_null());
	return roles;
}

static void add_one(json_t *into, const json_t *block, const char *where, const char *key)
{
	const json_t *name = json_object_get(block, key);
	g_autofree char *path = g_strdup_printf("%s.%s", where, key);
	if (json_is_string(name))
		json_object_set(into, path, (json_t *)name);
}

static void add_many(json_t *into, const json_t *block, const char *where, const char *key)
{
	size_t i;
	json_t *name;
	json_array_foreach (json_object_get(block, key), i, name) {
		g_autofree char *path = g_strdup_printf("%s.%s[%zu]", where, key, i);
		json_object_set(into, path, name);
	}
}

json_t *project_columns(const Project *p)
{
	const json_t *goal = project_block(p, "goal"), *data = project_block(p, "data"),
	             *split = project_block(p, "split"), *gate = project_block(p, "gate");
	json_t *columns = json_object();
	add_one(columns, goal, "goal", "target");
	add_one(columns, data, "data", "time");
	add_one(columns, data, "data", "group");
	add_one(columns, data, "data", "weight");
	add_many(columns, data, "data", "key");
	add_many(columns, data, "data", "drop");
	/* A split that names no group was lent data's. */
	if (!json_equal(json_object_get(split, "group"), json_object_get(data, "group")))
		add_one(columns, split, "split", "group");
	add_many(columns, gate, "gate", "slices");
	add_many(columns, project_block(p, "fairness"), "fairness", "columns");
	size_t i;
	json_t *test;
	json_array_foreach ((json_t *)project_block(p, "tests"), i, test) {
		g_autofree char *path = g_strdup_printf("tests[%zu]", i);
		add_one(columns, test, path, "column");
	}
	return columns;
}

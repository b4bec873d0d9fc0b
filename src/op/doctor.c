/* doctor.c: the ops `doctor` and `version`: what this machine has. */
#include <dlfcn.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <sqlite3.h>
#include <yaml.h>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "data/engine.h"
#include "monitor/send.h"
#include "op/desk.h"

static const Param NO_PARAMS[] = {{NULL}};

static void add(json_t *list, const char *name, const char *version, const char *use, const char *problem)
{
	json_array_append_new(list, json_pack("{s:s,s:b,s:s?,s:s,s:s?}", "name", name, "ok", problem == NULL, "version",
	                                    version, "for", use, "problem", problem));
}

static void add_engine(json_t *list)
{
	g_autofree char *version = NULL;
	g_autoptr(GError) error = NULL;
	engine_version(&version, &error);
	add(list, "DuckDB", version, "data", error ? error->message : NULL);
}

/* XGBoost is opened by the training process alone; here it is only seen that it could be. */
static void add_xgboost(json_t *list)
{
	void *library = dlopen("libxgboost.so.0", RTLD_LAZY | RTLD_LOCAL);
	void (*version)(int *, int *, int *) = NULL;
	if (library)
		*(void **)&version = dlsym(library, "XGBoostVersion");
	if (!version) {
		if (library)
			dlclose(library);
		add(list, "XGBoost", NULL, "forest, boosted",
		        "libxgboost.so.0 cannot be opened: apt-get install libxgboost0");
		return;
	}
	int major, minor, patch;
	version(&major, &minor, &patch);
	g_autofree char *text = g_strdup_printf("%d.%d.%d", major, minor, patch);
	add(list, "XGBoost", text, "forest, boosted", NULL);
	dlclose(library);
}

static void add_curl(json_t *list)
{
	g_autofree char *version = NULL;
	g_autoptr(GError) error = NULL;
	send_version(&version, &error);
	add(list, "libcurl", version, "sending alarms", error ? error->message : NULL);
}

static json_t *libraries(void)
{
	json_t *list = json_array();
	add_engine(list);
	add_xgboost(list);
	add_curl(list);
	add(list, "SQLite", sqlite3_libversion(), "store", NULL);
	add(list, "jansson", jansson_version_str(), "JSON", NULL);
	add(list, "libyaml", yaml_get_version_string(), "gyre.yaml", NULL);
	add(list, "OpenSSL", OpenSSL_version(OPENSSL_VERSION_STRING), "digests", NULL);
	g_autofree char *glib = g_strdup_printf("%u.%u.%u", glib_major_version, glib_minor_version, glib_micro_version);
	add(list, "GLib", glib, "all", NULL);
	return list;
}

static json_t *machine(void)
{
	double memory = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGE_SIZE) / (1 << 20);
	return json_pack("{s:i,s:o}", "cores", (int)g_get_num_processors(), "memory_mb", json_number(memory));
}

static json_t *disk(const char *folder)
{
	struct statvfs about;
	if (statvfs(folder, &about) < 0)
		return json_null();
	double free_mb = (double)about.f_bavail * (double)about.f_frsize / (1 << 20);
	return json_pack("{s:s,s:o,s:b}", "folder", folder, "free_mb", json_number(free_mb), "writable",
	        access(folder, W_OK) == 0);
}

static json_t *limits(void)
{
	return json_pack("{s:i,s:i,s:I,s:i,s:i,s:i}", "columns", LIMIT_COLUMNS, "features", LIMIT_FEATURES, "rows",
	        (json_int_t)LIMIT_ROWS, "cell_bytes", LIMIT_CELL_BYTES, "classes", LIMIT_CLASSES, "trials",
	        LIMIT_TRIALS);
}

static bool all_ok(const json_t *list)
{
	size_t i;
	json_t *entry;
	json_array_foreach ((json_t *)list, i, entry)
		if (!json_get_bool(entry, "ok", false))
			return false;
	return true;
}

/* The project's state, where there is a project: does the store open, does git know the code? */
static json_t *project_state(const App *app)
{
	g_autoptr(Project) p = NULL;
	g_autoptr(GError) error = NULL;
	if (!project_read(app->folder, &p, &error))
		return json_null();
	g_autoptr(Meta) m = NULL;
	bool has_state = g_file_test(p->state_folder, G_FILE_TEST_IS_DIR);
	if (has_state)
		meta_open(p->state_folder, &m, &error);
	return json_pack("{s:s,s:b,s:o,s:o}", "folder", p->folder, "has_run", has_state, "problem",
	        error ? json_text(error->message) : json_null(), "disk", disk(p->folder));
}

static bool doctor(App *app, const json_t *in, json_t **ret, GError **error)
{
	json_t *list = libraries();
	(void)in;
	(void)error;
	*ret = json_pack("{s:s,s:b,s:o,s:o,s:o,s:o,s:o}", "gyre", GYRE_VERSION, "ok", all_ok(list), "libraries", list,
	        "machine", machine(), "disk", disk("."), "project", project_state(app), "limits", limits());
	app->status = json_get_bool(*ret, "ok", true) ? STATUS_DONE : STATUS_OUTSIDE;
	return true;
}

const Op OP_DOCTOR = {
        .name = "doctor",
        .help = "tell what is installed, versions, limits and disk space",
        .more = "JSON: {\"gyre\", \"ok\", \"libraries\": [{\"name\",\"ok\",\"version\",\"for\",\"problem\"}], "
                "\"machine\", \"disk\", \"project\", \"limits\"}",
        .params = NO_PARAMS,
        .run = doctor,
};

static bool version(App *app, const json_t *in, json_t **ret, GError **error)
{
	(void)app;
	(void)in;
	(void)error;
	*ret = json_pack("{s:s}", "version", GYRE_VERSION);
	return true;
}

const Op OP_VERSION = {
        .name = "version",
        .help = "print the version",
        .more = "JSON: {\"version\"}",
        .params = NO_PARAMS,
        .run = version,
};

/* footprint.c: reads /proc for what processes have for themselves. */
#include "model/footprint.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PROCESSES_MOST 4096 /* below one: more are not looked at */

static FILE *open_proc(pid_t pid, const char *what)
{
	char path[64];
	g_snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, what);
	return fopen(path, "re");
}

static void add_children(GArray *pids, pid_t pid)
{
	char what[64];
	int child;
	g_snprintf(what, sizeof what, "task/%d/children", (int)pid);
	FILE *f = open_proc(pid, what);
	while (f && pids->len < PROCESSES_MOST && fscanf(f, "%d", &child) == 1) {
		pid_t found = child;
		g_array_append_val(pids, found);
	}
	if (f)
		fclose(f);
}

GArray *footprint_tree(pid_t pid)
{
	GArray *pids = g_array_new(FALSE, FALSE, sizeof(pid_t));
	g_array_append_val(pids, pid);
	for (guint i = 0; i < pids->len; i++)
		add_children(pids, g_array_index(pids, pid_t, i));
	return pids;
}

/* Resident pages that are no file's. */
static size_t anonymous_kb(pid_t pid)
{
	unsigned long resident = 0, of_files = 0;
	FILE *f = open_proc(pid, "statm");
	bool known = f && fscanf(f, "%*u %lu %lu", &resident, &of_files) == 2;
	if (f)
		fclose(f);
	return known && resident > of_files ? (resident - of_files) * (size_t)sysconf(_SC_PAGESIZE) / 1024 : 0;
}

static size_t private_kb(pid_t pid)
{
	char line[256];
	size_t sum = 0, kb;
	FILE *f = open_proc(pid, "smaps_rollup");
	while (f && fgets(line, sizeof line, f))
		if (sscanf(line, "Private_Clean: %zu", &kb) == 1 || sscanf(line, "Private_Dirty: %zu", &kb) == 1)
			sum += kb;
	if (f)
		fclose(f);
	return sum;
}

static size_t sum_kb(const GArray *pids, size_t (*of)(pid_t))
{
	size_t sum = 0;
	for (guint i = 0; i < pids->len; i++)
		sum += of(g_array_index(pids, pid_t, i));
	return sum;
}

size_t footprint_bound_kb(const GArray *pids)
{
	return sum_kb(pids, anonymous_kb);
}

size_t footprint_exact_kb(const GArray *pids)
{
	return sum_kb(pids, private_kb);
}

size_t footprint_own_mb(void)
{
	return anonymous_kb(getpid()) / 1024;
}

/* costs.c: what a model costs. */
#include "impact/costs.h"

#include <math.h>
#include <sys/stat.h>

#include "base/json.h"

#define PRICE(what, text)                                          \
	{                                                          \
		what, PARAM_REAL, text, "0", .min = 0, .max = 1e12 \
	}
const Param PRICES_PARAMS[] = {
        {"currency", PARAM_TEXT, "what prices are in", "\"EUR\""},
        PRICE("cpu_hour", "price of an hour of one core in the pipeline"),
        PRICE("memory_gib_hour", "price of a GiB held for an hour by a step"),
        PRICE("storage_gib_month", "price of a GiB kept for 30 days"),
        PRICE("thousand_predictions", "price of serving 1,000 predictions: the machine, its share of people"),
        {NULL},
};

static const double MONTH_US = 30 * 86400e6, GIB = 1 << 30;

/* Bytes of the files below a folder; symbolic links are not followed. */
static double bytes_below(const char *folder)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *name;
	double bytes = 0;
	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, name, NULL);
		struct stat st;
		if (lstat(path, &st) == 0)
			bytes += S_ISDIR(st.st_mode) ? bytes_below(path) : S_ISREG(st.st_mode) ? (double)st.st_size : 0;
	}
	return bytes;
}

static bool training(Meta *m, const CostSpan *span, json_t **ret, GError **error)
{
	return meta_row(m,
	        "SELECT COUNT(DISTINCT run_id) AS runs, COALESCE(SUM(cpu_seconds), 0.0) AS cpu_seconds, "
	        "COALESCE(SUM(1.0 * peak_kb * (ended - started)), 0.0) / 1048576.0 / 3600e6 AS memory_gib_hours "
	        "FROM executions WHERE status IN ('ran', 'failed') AND started >= $1 AND started < $2",
	        json_pack("[I,I]", (json_int_t)span->since, (json_int_t)span->until), ret, error);
}

static double price(const json_t *prices, const char *what)
{
	return json_get_number(prices, what, 0);
}

bool costs_of(Meta *m, const CostSpan *span, const json_t *prices, json_t **ret, GError **error)
{
	json_auto_t *used = NULL;
	if (!training(m, span, &used, error))
		return false;
	double gib = bytes_below(span->state_folder) / GIB, thousands = (double)span->predictions / 1000;
	double cpu = json_get_number(used, "cpu_seconds", 0), memory = json_get_number(used, "memory_gib_hours", 0);
	double train = cpu / 3600 * price(prices, "cpu_hour") + memory * price(prices, "memory_gib_hour");
	double keep = gib * price(prices, "storage_gib_month") * (double)(span->until - span->since) / MONTH_US;
	double serve = thousands * price(prices, "thousand_predictions");
	bool priced = price(prices, "cpu_hour") + price(prices, "memory_gib_hour") +
	                      price(prices, "storage_gib_month") + price(prices, "thousand_predictions") >
	              0;
	double total = priced ? train + keep + serve : NAN;
	json_object_set_new(used, "money", json_number(priced ? train : NAN));
	*ret = json_pack("{s:s,s:O,s:{s:f,s:o},s:{s:I,s:o},s:o,s:o}", "currency",
	        json_get_text(prices, "currency", "EUR"), "training", used, "storage", "gib", gib, "money",
	        json_number(priced ? keep : NAN), "serving", "predictions", (json_int_t)span->predictions, "money",
	        json_number(priced ? serve : NAN), "money", json_number(total), "per_thousand",
	        json_number(thousands > 0 ? total / thousands : NAN));
	return true;
}

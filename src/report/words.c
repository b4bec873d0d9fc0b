/* words.c: figures and names as a reader who knows no statistics can take them. */
#include "report/words.h"

#include <glib.h>
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "stats/metric.h"

char *say_count(double value)
{
	if (!isfinite(value))
		return g_strdup("–");
	g_autofree char *digits = g_strdup_printf("%.0f", fabs(value));
	GString *text = g_string_new(value < 0 ? "−" : "");
	size_t length = strlen(digits);
	for (size_t i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			g_string_append_c(text, ',');
		g_string_append_c(text, digits[i]);
	}
	return g_string_free(text, FALSE);
}

char *say_number(const json_t *value, int digits)
{
	if (!json_is_number(value))
		return g_strdup("–");
	double number = json_number_value(value);
	if (fabs(number) >= 1e15)
		return g_strdup_printf("%.*g", digits, number);
	if (number != 0 && fabs(number) < 1e-5)
		return g_strdup("about 0");
	g_autofree char *text = g_strdup_printf("%.*g", digits, fabs(number));
	if (fabs(number) >= 1000 || strstr(text, "e+")) /* 123 is not "1.2e+02" */
		return say_count(number);
	return g_strconcat(number < 0 ? "−" : "", text, NULL);
}

char *say_percent(double share)
{
	if (!isfinite(share))
		return g_strdup("–");
	double percent = share * 100;
	if (percent > 0 && percent < 0.1)
		return g_strdup("under 0.1 %");
	if (percent > 99.5 && percent < 100)
		return g_strdup_printf("%.*f %%", percent < 99.95 ? 1 : 2, floor(percent * 100) / 100);
	return g_strdup_printf(fabs(percent) < 10 && percent != floor(percent) ? "%.1f %%" : "%.0f %%", percent);
}

char *say_tick(double value)
{
	static const struct {
		double size;
		const char *unit;
	} UNITS[] = {{1e12, " T"}, {1e9, " G"}, {1e6, " M"}, {1e4, " k"}};
	double size = fabs(value);
	for (size_t i = 0; i < G_N_ELEMENTS(UNITS) && size < 1e15; i++)
		if (size >= UNITS[i].size * 0.9999)
			return g_strdup_printf("%s%.4g%s", value < 0 ? "−" : "",
			        size / (i == G_N_ELEMENTS(UNITS) - 1 ? 1e3 : UNITS[i].size), UNITS[i].unit);
	return g_strdup_printf("%s%.4g", value < 0 ? "−" : "", size);
}

char *say_short(const char *text)
{
	enum { MOST = 60 };
	if (!text)
		return g_strdup("");
	if (g_utf8_strlen(text, -1) <= MOST)
		return g_strdup(text);
	g_autofree char *start = g_utf8_substring(text, 0, MOST - 1);
	return g_strconcat(start, "…", NULL);
}

char *say_value(const json_t *value)
{
	if (!value || json_is_null(value))
		return g_strdup("missing");
	double real = json_is_real(value) ? json_real_value(value) : NAN;
	bool is_large = fabs(real) >= 1e6 && fabs(real) < 1e15; /* 1234567 is not "1.23457e+06" */
	g_autofree char *text = json_is_string(value) ? g_strdup(json_string_value(value))
	                        : json_is_real(value) ? g_strdup_printf(is_large ? "%.0f" : "%.6g", real)
	                                              : json_canonical(value);
	return say_short(text);
}

char *say_measure(const char *name)
{
	const MetricKind *metric = metric_find(name);
	if (metric)
		return g_strdup(metric->label);
	if (strcmp(name, "latency_p99_ms") == 0)
		return g_strdup("Answer time in ms, 99 of 100 rows");
	g_autofree char *text = say_short(name);
	g_strdelimit(text, "_", ' ');
	return g_steal_pointer(&text);
}

char *say_meaning(const char *name)
{
	const MetricKind *metric = metric_find(name);
	if (!metric)
		return NULL;
	const char *better = metric->best == 1   ? "1 is perfect"
	                     : metric->best == 0 ? "0 is perfect"
	                                         : "larger is better";
	bool says_best = strstr(metric->help, "best at") != NULL;
	return says_best ? g_strdup(metric->help) : g_strdup_printf("%s; %s", metric->help, better);
}

char *say_reason(const char *sentence)
{
	size_t word = strcspn(sentence, " ");
	g_autofree char *name = g_strndup(sentence, word);
	const MetricKind *metric = metric_find(name);
	if (metric)
		return g_strconcat(metric->label, sentence + word, NULL);
	if (strcmp(name, "latency_p99_ms") != 0)
		return g_strdup(sentence);
	g_autofree char *measure = say_measure(name);
	return g_strconcat(measure, sentence + word, NULL);
}

/* words.h: figures and names as a reader who knows no statistics can take them. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

/* Numbers: "1,234,567"; `digits` significant ones, "–" for null.  Free with g_free. */
char *say_count(double value);
char *say_number(const json_t *value, int digits);
char *say_percent(double share); /* "21 %", "0.4 %" */
/* A number beside an axis, short: "250 k", "1.5 M", "0.25". */
char *say_tick(double value);
/* Any JSON value as short text; at most 60 characters.  Free with g_free. */
char *say_value(const json_t *value);
/* The first 60 characters of a text; NULL is "".  Free with g_free. */
char *say_short(const char *text);

/* "roc_auc" is "ROC AUC", "latency_p99_ms" says what it measures, "saved_per_flight" is "saved per flight". */
char *say_measure(const char *name);
/* What a metric means, and which way is better; NULL for what is no metric.  Free with g_free. */
char *say_meaning(const char *name);
/* A sentence of the gate, with the metric it starts with called by its label. */
char *say_reason(const char *sentence);

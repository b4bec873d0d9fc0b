/* print.h: what the printers of results share. */
#pragma once

#include <jansson.h>
#include <stdio.h>

typedef void Printer(FILE *out, const json_t *result);

Printer print_model_rules, print_check, print_doctor, print_feasible, print_logs, print_model, print_models, print_new,
        print_nothing, print_profile, print_run, print_runs, print_runs_compare, print_run_record, print_status,
        print_text, print_data_log, print_data_show, print_data_compare, print_model_errors, print_model_fairness,
        print_data_diff, print_explain, print_model_compare;

Printer print_search_ask, print_search_create, print_search_ls, print_search_watch;

/* A value as a table's cell; NULL for null.  Free with g_free. */
char *cell_text(const json_t *value);
/* A number with `digits` significant ones; "-" for null.  Free with g_free. */
char *number_text(const json_t *value, int digits);
/* 1234567 as "1,234,567".  Free with g_free. */
char *count_text(const json_t *value);
/* "3.2 s", "250 ms", "1 min 20 s".  Free with g_free. */
char *seconds_text(double seconds);
/* A list of objects; the first one's keys are the heads. */
void print_table(FILE *out, const json_t *rows);
/* Keys and values, lists of objects as tables. */
void print_object(FILE *out, const json_t *object);
/* A line that heads a part of the screen. */
void print_head(FILE *out, const char *head);

/* print.h: what the printers of results share. */
#pragma once

#include <jansson.h>
#include <stdio.h>

typedef void Printer(FILE *out, const json_t *result);

Printer print_alarm;
Printer print_alarm_send;
Printer print_alarms;
Printer print_backtest;
Printer print_check;
Printer print_data_compare;
Printer print_data_diff;
Printer print_data_log;
Printer print_data_show;
Printer print_deploy;
Printer print_deploy_check;
Printer print_deploy_status;
Printer print_doctor;
Printer print_explain;
Printer print_feasible;
Printer print_impact;
Printer print_kpi;
Printer print_lineage;
Printer print_replay;
Printer print_learn;
Printer print_logs;
Printer print_model;
Printer print_model_compare;
Printer print_model_errors;
Printer print_model_fairness;
Printer print_model_rules;
Printer print_monitor_history;
Printer print_monitor_run;
Printer print_monitor_show;
Printer print_monitor_status;
Printer print_models;
Printer print_new;
Printer print_nothing;
Printer print_outbox;
Printer print_profile;
Printer print_retraining;
Printer print_retrainings;
Printer print_run;
Printer print_run_record;
Printer print_runs;
Printer print_runs_compare;
Printer print_search_ask;
Printer print_search_create;
Printer print_search_ls;
Printer print_search_watch;
Printer print_silence;
Printer print_silences;
Printer print_status;
Printer print_token;
Printer print_tokens;
Printer print_watch;

/* A value as a table's cell; NULL for null.  Free with g_free. */
char *cell_text(const json_t *value);
/* A number with `digits` significant ones; "-" for null.  Free with g_free. */
char *number_text(const json_t *value, int digits);
/* 1234567 as "1,234,567".  Free with g_free. */
char *count_text(const json_t *value);
/* "3.2 s", "250 ms", "1 min 20 s", "5.3 hours", "12.0 days".  Free with g_free. */
char *seconds_text(double seconds);
/* A list of objects; the first one's keys are the heads. */
void print_table(FILE *out, const json_t *rows);
/* Keys and values, lists of objects as tables. */
void print_object(FILE *out, const json_t *object);
/* A line that heads a part of the screen. */
void print_head(FILE *out, const char *head);

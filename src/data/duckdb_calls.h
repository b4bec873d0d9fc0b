/* duckdb_calls.h: the DuckDB library, opened when first needed.  Only engine*.c include this.
 *
 * Linking it would cost every start of the program 8 ms; opened by name, `gyre --help` stays at one.  The functions used
 * stand in one list; duck.NAME calls duckdb_NAME. */
#pragma once

#include <duckdb.h>
#include <glib.h>
#include <stdbool.h>

/* It would be taken for nested calls. */
/* clang-format off */
#define DUCK_CALLS(X) \
	X(library_version) X(open_ext) X(close) X(connect) X(disconnect) X(create_config) X(set_config) \
	X(destroy_config) X(free) X(query) X(destroy_result) X(result_error) X(extract_statements) \
	X(extract_statements_error) X(destroy_extracted) X(prepare_extracted_statement) X(prepare) \
	X(prepare_error) X(destroy_prepare) X(pending_prepared_streaming) X(pending_error) X(execute_pending) \
	X(destroy_pending) X(pending_prepared) X(pending_execute_task) X(pending_execution_is_finished) X(prepared_statement_column_count) X(prepared_statement_column_name) \
	X(prepared_statement_column_logical_type) X(column_count) X(column_name) X(column_type) \
	X(column_logical_type) X(destroy_logical_type) X(get_type_id) X(decimal_internal_type) X(decimal_scale) \
	X(decimal_width) X(enum_internal_type) X(enum_dictionary_size) X(enum_dictionary_value) X(fetch_chunk) \
	X(destroy_data_chunk) X(data_chunk_get_size) X(data_chunk_get_vector) X(data_chunk_get_column_count) \
	X(vector_get_data) X(vector_get_validity) X(vector_ensure_validity_writable) \
	X(vector_assign_string_element_len) X(create_logical_type) X(create_data_chunk) X(data_chunk_set_size) \
	X(data_chunk_reset) X(vector_size) X(appender_create) X(appender_error) X(append_data_chunk) \
	X(appender_destroy) X(appender_close) X(hugeint_to_double) X(interrupt)
/* clang-format on */

typedef struct Duck {
#define X(name) __typeof__(duckdb_##name) *name;
	DUCK_CALLS(X)
#undef X
} Duck;

extern Duck duck;

/* Opens the library once; FAIL_UNAVAILABLE says where it was looked for. */
bool duck_load(GError **error);

/* gyre.h: models in your own program: load a bundle, score rows, without a server and without Python.
 *
 *     GyreModel *m = gyre_load("flights.bundle", &error);
 *     gyre_predict_json(m, "[{\"origin\": \"ATL\", \"distance\": 692}]", 0, &answer, &error);
 *
 * `gyre model export NAME --to bundle` writes the file.  A row is what a row of the training data was; the bundle's transforms run
 * here, so that answers are those of `gyre predict` and of the server, to the last digit.
 *
 * Functions that can fail return 0 for done, 2 when what was given is wrong and 3 when something outside failed, and set *error
 * (if error is not NULL) to a sentence, to be freed with gyre_free_text; outputs are then as they were.  A model may be used by any
 * number of threads at once. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define GYRE_API __attribute__((visibility("default")))
#else
#define GYRE_API
#endif

typedef struct GyreModel GyreModel;

/* NULL: *error tells why. */
GYRE_API GyreModel *gyre_load(const char *path, char **error);
GYRE_API void gyre_free(GyreModel *m);
GYRE_API void gyre_free_text(char *text);
GYRE_API const char *gyre_version(void);

/* {"model", "task", "target", "inputs": [{"name", "type"}...], "outputs": [names of a row's scores], "threshold": number or null,
 * "example": a row that can be scored}; lives as long as the model. */
GYRE_API const char *gyre_describe(const GyreModel *m);

typedef enum GyreType {
	GYRE_BOOL, /* uint8_t */
	GYRE_INT,  /* int64_t */
	GYRE_REAL, /* double; NaN is missing */
	GYRE_TEXT, /* const char *, UTF-8, NUL behind the last byte; NULL is missing */
	GYRE_TIME, /* int64_t: microseconds since 1970 UTC */
} GyreType;

GYRE_API size_t gyre_inputs(const GyreModel *m);
GYRE_API const char *gyre_input_name(const GyreModel *m, size_t i); /* NULL: there is no such input */
GYRE_API GyreType gyre_input_type(const GyreModel *m, size_t i);
/* Scores a row: the probabilities of the classes, or one number. */
GYRE_API size_t gyre_outputs(const GyreModel *m);
/* A class's label, or "prediction". */
GYRE_API const char *gyre_output_name(const GyreModel *m, size_t k);

/* rows: a JSON object, or a list of objects or of lists of values in the order of the inputs; length 0: up to its NUL.
 * *answer: [{"prediction", "probabilities": {label: number} (classes), "explanation" (gyre_explain_json only)}...]; gyre_free_text.
 * An explanation has "base" and "contributions": {input: number}, which add up to "score". */
GYRE_API int gyre_predict_json(const GyreModel *m, const char *rows, size_t length, char **answer, char **error);
GYRE_API int gyre_explain_json(const GyreModel *m, const char *rows, size_t length, char **answer, char **error);

/* A column of rows.  Its type need not be the input's: values are cast as those of JSON are. */
typedef struct GyreColumn {
	const char *name;
	GyreType type;
	const void *values;
	const uint8_t *missing; /* 1: the row's value is missing; NULL: none is */
} GyreColumn;

/* Scores rows given by columns, in any order; columns that are no input are passed over.  scores: rows x gyre_outputs.
 * decisions: the class decided on at the registered threshold, an index of outputs, for each row; NULL: not wanted. */
GYRE_API int gyre_predict_columns(const GyreModel *m, const GyreColumn *columns, size_t count, size_t rows,
        double *scores, int32_t *decisions, char **error);

#ifdef __cplusplus
}
#endif

/* openapi_bodies.c: the kinds of bodies: how each protocol puts rows into JSON. */
#include "http/openapi.h"
#include "http/tensor.h"

static json_t *list_of(json_t *items)
{
	return json_pack("{s:s,s:o}", "type", "array", "items", items);
}

static json_t *object_of(json_t *properties, const char *required)
{
	json_t *o = json_pack("{s:s,s:o}", "type", "object", "properties", properties);
	if (required)
		json_object_set_new(o, "required", json_pack("[s]", required));
	return o;
}

static json_t *tf_rows_schema(json_t *row, const Served *s)
{
	json_t *rows = object_of(
	        json_pack("{s:o,s:{s:s}}", "instances", list_of(json_incref(row)), "signature_name", "type", "string"),
	        "instances");
	json_t *columns = object_of(json_pack("{s:{s:s,s:s}}", "inputs", "type", "object", "description",
	                                    "columns by name, each a list of values"),
	        "inputs");
	return json_pack("{s:[o,o]}", "oneOf", rows, columns);
}

static json_t *tf_rows_example(const Served *s)
{
	return json_pack("{s:[o]}", "instances", served_example(s));
}

const BodyKind BODY_TF_ROWS = {"tf_predict", "rows, or columns", tf_rows_schema, tf_rows_example};

static json_t *tf_examples_schema(json_t *row, const Served *s)
{
	return object_of(json_pack("{s:o,s:{s:s,s:s}}", "examples", list_of(json_incref(row)), "context", "type",
	                         "object", "description", "values that all examples share"),
	        "examples");
}

static json_t *tf_examples_example(const Served *s)
{
	return json_pack("{s:[o]}", "examples", served_example(s));
}

static bool has_classes(const Served *s)
{
	return bundle_classifies(s->bundle);
}

static bool has_numbers(const Served *s)
{
	return !bundle_classifies(s->bundle);
}

const BodyKind BODY_TF_CLASSIFY = {
        "tf_classify", "examples, with a context they share", tf_examples_schema, tf_examples_example, has_classes};
const BodyKind BODY_TF_REGRESS = {
        "tf_regress", "examples, with a context they share", tf_examples_schema, tf_examples_example, has_numbers};

static json_t *tensor_names(const Served *s)
{
	json_t *names = json_array();
	for (size_t i = 0; i < s->inputs; i++)
		json_array_append_new(names, json_string(s->input_names[i]));
	return names;
}

static json_t *tensors_schema(json_t *row, const Served *s)
{
	json_t *name = json_pack("{s:s}", "type", "string");
	if (s)
		json_object_set_new(name, "examples", tensor_names(s));
	json_t *tensor =
	        object_of(json_pack("{s:o,s:{s:s},s:{s:s,s:{s:s,s:i}},s:{s:s},s:{s:s}}", "name", name, "datatype",
	                          "type", "string", "shape", "type", "array", "items", "type", "integer", "minimum", 0,
	                          "data", "type", "array", "parameters", "type", "object"),
	                "name");
	json_t *output =
	        object_of(json_pack("{s:{s:s,s:[s,s,s]},s:{s:s}}", "name", "type", "string", "enum", "prediction",
	                          "probabilities", "explanation", "parameters", "type", "object"),
	                "name");
	return object_of(json_pack("{s:o,s:o,s:{s:s},s:{s:s}}", "inputs", list_of(tensor), "outputs", list_of(output),
	                         "id", "type", "string", "parameters", "type", "object"),
	        "inputs");
}

static json_t *tensors_example(const Served *s)
{
	json_auto_t *row = served_example(s);
	json_t *inputs = json_array();
	for (size_t i = 0; i < s->inputs; i++)
		json_array_append_new(inputs, json_pack("{s:s,s:s,s:[i],s:[O]}", "name", s->input_names[i], "datatype",
		                                      tensor_type_of(s->input_types[i]), "shape", 1, "data",
		                                      json_object_get(row, s->input_names[i])));
	return json_pack("{s:o}", "inputs", inputs);
}

const BodyKind BODY_TENSORS = {"tensors", "a tensor for each input", tensors_schema, tensors_example};

static json_t *table_schema(json_t *row, const Served *s)
{
	json_t *split = json_pack("{s:s,s:{s:{s:s},s:{s:s},s:{s:s}}}", "type", "object", "properties", "columns",
	        "type", "array", "index", "type", "array", "data", "type", "array");
	json_t *forms = json_pack("[o,o,o,o]",
	        object_of(json_pack("{s:o}", "dataframe_split", split), "dataframe_split"),
	        object_of(json_pack("{s:o}", "dataframe_records", list_of(json_incref(row))), "dataframe_records"),
	        object_of(json_pack("{s:{s:s}}", "instances", "type", "array"), "instances"),
	        object_of(json_pack("{s:{s:[s,s]}}", "inputs", "type", "array", "object"), "inputs"));
	json_t *params = json_pack("{s:s,s:{s:{s:s,s:s}}}", "type", "object", "properties", "explain", "type",
	        "boolean", "description", "what each column adds to each score");
	json_t *schema = object_of(json_pack("{s:o}", "params", params), NULL);
	json_object_set_new(schema, "oneOf", forms);
	return schema;
}

static json_t *table_example(const Served *s)
{
	return json_pack("{s:[o]}", "dataframe_records", served_example(s));
}

const BodyKind BODY_TABLE = {"table", "a table in one of MLflow's forms", table_schema, table_example};

static json_t *score_schema(json_t *row, const Served *s)
{
	return object_of(json_pack("{s:o,s:{s:s,s:s},s:{s:s,s:s}}", "rows", list_of(json_incref(row)), "model", "type",
	                         "string", "description", "NAME, NAME@VERSION or NAME@ALIAS; else the project's",
	                         "explain", "type", "boolean", "description", "what each column adds to each score"),
	        "rows");
}

static json_t *score_example(const Served *s)
{
	return json_pack("{s:s,s:[o]}", "model", s->name, "rows", served_example(s));
}

const BodyKind BODY_SCORE = {"rows", "rows of a model", score_schema, score_example};

static json_t *index_schema(json_t *row, const Served *s)
{
	return object_of(json_pack("{s:{s:s}}", "ready", "type", "boolean"), NULL);
}

const BodyKind BODY_INDEX = {"index", "ready: only models that are", index_schema, NULL};

static json_t *unload_schema(json_t *row, const Served *s)
{
	return object_of(json_pack("{s:{s:s}}", "parameters", "type", "object"), NULL);
}

const BodyKind BODY_UNLOAD = {"load", "may be empty", unload_schema, NULL};

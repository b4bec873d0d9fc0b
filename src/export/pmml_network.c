/* pmml_network.c: networks as NeuralNetworks, those of one layer as a RegressionModel a margin, or a SupportVectorMachineModel where there are
 * vectors.
 *
 * A NeuralNetwork leaves either one number or the probabilities of the target's classes, which it makes itself. */
#include "export/pmml_network.h"

#include "export/text.h"
#include "model/scaled_inputs.h"

/* Derived of the feature j: on its scale and bent, 0 where it is missing, rounded to float32. */
static char *scaled(Pmml *p, const ScaledInputs *in, size_t j)
{
	char *away = pmml_apply("-", pmml_field(p->features->pdata[j]), pmml_number(in->centre[j]), NULL);
	g_autofree char *z =
	        pmml_derive(p, p->globals, "double", pmml_apply("*", away, pmml_number(in->scale[j]), NULL));
	char *square = pmml_apply("*", pmml_field(z), pmml_field(z), NULL);
	char *ninth = pmml_apply("/", square, pmml_number(9), NULL);
	char *size = pmml_apply("sqrt", pmml_apply("+", ninth, pmml_number(1), NULL), NULL, NULL);
	char *is_missing = pmml_apply("isMissing", pmml_field(z), NULL, NULL);
	char *bent = pmml_apply("/", pmml_field(z), size, NULL);
	return pmml_derive(p, p->globals, "float", pmml_apply("if", is_missing, pmml_number(0), bent));
}

static char **inputs_of(Pmml *p, const ScaledInputs *in)
{
	char **names = g_new0(char *, in->count + 1);
	for (uint32_t j = 0; j < in->columns; j++) {
		names[j] = scaled(p, in, j);
		if (!in->flag[j])
			continue;
		char *is_missing = pmml_apply("isMissing", pmml_field(p->features->pdata[j]), NULL, NULL);
		names[in->flag[j]] = pmml_derive(
		        p, p->globals, "float", pmml_apply("if", is_missing, pmml_number(1), pmml_number(0)));
	}
	return names;
}

/* What the segment leaves: names, borrowed. */
static void add_output(Pmml *p, const char **ret)
{
	g_string_append(p->segments, "<Output>");
	for (guint k = 0; k < p->classes->len; k++) {
		g_autofree char *class = pmml_escape(p->classes->pdata[k]);
		g_autofree char *feature = g_strdup_printf("feature=\"probability\" value=\"%s\"", class);
		ret[k] = pmml_leave(p, feature);
	}
	if (p->classes->len == 0)
		ret[0] = pmml_leave(p, "feature=\"predictedValue\"");
	g_string_append(p->segments, "</Output>\n");
}

static void add_inputs(GString *to, char *const *inputs, size_t count)
{
	text_add(to, "<NeuralInputs numberOfInputs=\"%zu\">\n", count);
	for (size_t i = 0; i < count; i++)
		text_add(to,
		        "<NeuralInput id=\"0,%zu\"><DerivedField optype=\"continuous\" dataType=\"double\"><FieldRef "
		        "field=\"%s\"/></DerivedField></NeuralInput>\n",
		        i, inputs[i]);
	g_string_append(to, "</NeuralInputs>\n");
}

static void add_layer(GString *to, const ModelForm *f, size_t l)
{
	const FormLayer *y = &f->layer[l];
	const char *digits = f->single ? "%.9g" : "%.17g"; /* 9 digits tell float32 values apart */
	char number[G_ASCII_DTOSTR_BUF_SIZE];
	text_add(to, "<NeuralLayer numberOfNeurons=\"%zu\" activationFunction=\"%s\"%s>\n", y->out,
	        l + 1 < f->layers ? "rectifier" : "identity",
	        l + 1 == f->layers && f->link == FORM_SOFTMAX ? " normalizationMethod=\"softmax\"" : "");
	for (size_t o = 0; o < y->out; o++) {
		text_add(to, "<Neuron id=\"%zu,%zu\" bias=\"%s\">", l + 1, o,
		        g_ascii_formatd(number, sizeof number, digits, y->intercept[o]));
		for (size_t i = 0; i < y->in; i++)
			text_add(to, "<Con from=\"%zu,%zu\" weight=\"%s\"/>", l, i,
			        g_ascii_formatd(number, sizeof number, digits, y->weight[i * y->out + o]));
		g_string_append(to, "</Neuron>\n");
	}
	g_string_append(to, "</NeuralLayer>\n");
}

static void add_neural_outputs(GString *to, const Pmml *p, size_t layers)
{
	g_autofree char *target = pmml_escape(p->target);
	text_add(to, "<NeuralOutputs numberOfOutputs=\"%u\">", MAX(p->classes->len, 1u));
	for (guint k = 0; k < p->classes->len; k++) {
		g_autofree char *class = pmml_escape(p->classes->pdata[k]);
		text_add(to,
		        "<NeuralOutput outputNeuron=\"%zu,%u\"><DerivedField optype=\"categorical\" "
		        "dataType=\"string\"><NormDiscrete "
		        "field=\"%s\" value=\"%s\"/></DerivedField></NeuralOutput>",
		        layers, k, target, class);
	}
	if (p->classes->len == 0)
		text_add(to,
		        "<NeuralOutput outputNeuron=\"%zu,0\"><DerivedField optype=\"continuous\" "
		        "dataType=\"double\"><FieldRef "
		        "field=\"%s\"/></DerivedField></NeuralOutput>",
		        layers, target);
	g_string_append(to, "</NeuralOutputs>\n");
}

static void add_neural_network(Pmml *p, const ModelForm *f, char *const *inputs, const char **ret_left)
{
	GString *to = p->segments;
	g_autofree char *target = pmml_escape(p->target);
	text_add(to,
	        "<Segment><True/><NeuralNetwork functionName=\"%s\" activationFunction=\"identity\"><MiningSchema>",
	        p->classes->len ? "classification" : "regression");
	for (uint32_t i = 0; i < f->inputs->count; i++)
		text_add(to, "<MiningField name=\"%s\"/>", inputs[i]);
	text_add(to, "<MiningField name=\"%s\" usageType=\"target\"/></MiningSchema>", target);
	add_output(p, ret_left);
	add_inputs(to, inputs, f->inputs->count);
	for (size_t l = 0; l < f->layers; l++)
		add_layer(to, f, l);
	add_neural_outputs(to, p, f->layers);
	g_string_append(to, "</NeuralNetwork></Segment>\n");
}

/* Up to what the segment leaves, whose name is given. */
static const char *begin_margin(Pmml *p, const char *element, char *const *inputs, size_t count)
{
	text_add(p->segments, "<Segment><True/><%s functionName=\"regression\"><MiningSchema>", element);
	for (size_t i = 0; i < count; i++)
		text_add(p->segments, "<MiningField name=\"%s\"/>", inputs[i]);
	g_string_append(p->segments, "</MiningSchema><Output>");
	const char *left = pmml_leave(p, "feature=\"predictedValue\"");
	g_string_append(p->segments, "</Output>\n");
	return left;
}

static const char *add_sum(Pmml *p, const ModelForm *f, char *const *inputs, size_t k)
{
	const FormLayer *y = &f->layer[0];
	const char *left = begin_margin(p, "RegressionModel", inputs, y->in);
	g_autofree char *intercept = pmml_digits(y->intercept[k]);
	text_add(p->segments, "<RegressionTable intercept=\"%s\">", intercept);
	for (size_t i = 0; i < y->in; i++) {
		g_autofree char *by = pmml_digits(y->weight[i * y->out + k]);
		text_add(p->segments, "<NumericPredictor name=\"%s\" coefficient=\"%s\"/>", inputs[i], by);
	}
	g_string_append(p->segments, "</RegressionTable></RegressionModel></Segment>\n");
	return left;
}

static void add_vector(GString *to, const ModelForm *f, size_t v)
{
	char number[G_ASCII_DTOSTR_BUF_SIZE];
	size_t count = f->inputs->count;
	text_add(to, "<VectorInstance id=\"%zu\"><Array type=\"real\" n=\"%zu\">", v, count);
	for (size_t i = 0; i < count; i++)
		text_add(to, "%s%s", i ? " " : "",
		        g_ascii_formatd(number, sizeof number, "%.9g", (double)f->vector[v * count + i]));
	g_string_append(to, "</Array></VectorInstance>\n");
}

/* Of the vectors those with a weight in this margin; of none the first, as there must be one. */
static const char *add_machine(Pmml *p, const ModelForm *f, char *const *inputs, size_t k)
{
	const FormLayer *y = &f->layer[0];
	GString *to = p->segments;
	g_autoptr(GString) vectors = g_string_new(NULL);
	g_autoptr(GString) support = g_string_new(NULL);
	g_autoptr(GString) weights = g_string_new(NULL);
	g_autofree char *gamma = pmml_digits(f->gamma), *intercept = pmml_digits(y->intercept[k]);
	size_t used = 0;
	for (size_t v = y->in; v-- > 0;) {
		double weight = y->weight[v * y->out + k];
		if (weight == 0 && (v > 0 || used > 0))
			continue;
		g_autofree char *number = pmml_digits(weight);
		used++;
		add_vector(vectors, f, v);
		text_add(support, "<SupportVector vectorId=\"%zu\"/>", v);
		text_add(weights, "<Coefficient value=\"%s\"/>", number);
	}
	const char *left = begin_margin(p, "SupportVectorMachineModel", inputs, f->inputs->count);
	text_add(to,
	        "<RadialBasisKernelType gamma=\"%s\"/>\n<VectorDictionary numberOfVectors=\"%zu\"><VectorFields "
	        "numberOfFields=\"%u\">",
	        gamma, used, f->inputs->count);
	for (uint32_t i = 0; i < f->inputs->count; i++)
		text_add(to, "<FieldRef field=\"%s\"/>", inputs[i]);
	text_add(to, "</VectorFields>\n%s</VectorDictionary>\n<SupportVectorMachine>", vectors->str);
	text_add(to,
	        "<SupportVectors numberOfAttributes=\"%u\" numberOfSupportVectors=\"%zu\">%s</SupportVectors>"
	        "<Coefficients numberOfCoefficients=\"%zu\" absoluteValue=\"%s\">%s</Coefficients>",
	        f->inputs->count, used, support->str, used, intercept, weights->str);
	g_string_append(to, "</SupportVectorMachine></SupportVectorMachineModel></Segment>\n");
	return left;
}

char **pmml_network(Pmml *p, const ModelForm *f)
{
	g_auto(GStrv) inputs = inputs_of(p, f->inputs);
	g_autofree const char **left = g_new(const char *, f->margins);
	char **names = g_new0(char *, f->margins + 1);
	if (f->layers > 1)
		add_neural_network(p, f, inputs, left);
	for (size_t k = 0; f->layers == 1 && k < f->margins; k++)
		left[k] = (f->vectors ? add_machine : add_sum)(p, f, inputs, k);
	for (size_t k = 0; k < f->margins; k++)
		names[k] = pmml_derive(p, p->locals, "double", pmml_field(left[k]));
	return names;
}

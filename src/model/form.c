/* form.c: what a model is. */
#include "model/form.h"

void form_clear(ModelForm *form)
{
	for (size_t m = 0; form->members && m < form->count; m++)
		form_clear(&form->members[m]);
	g_free(form->members);
	g_free(form->weight);
	g_free(form->kept);
	form->members = NULL;
	form->weight = NULL;
	form->kept = NULL;
}

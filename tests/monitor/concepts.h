/* concepts.h: streams made by formula in which the concept changes and the inputs do not: a model that was perfect meets another
 * concept, so only its errors can tell.
 *
 * SEA (Street and Kim 2001): is x0 + x1, each U(0, 10), above theta?  P(x0 + x1 <= t) = t^2 / 200, so the error of the old concept
 * under the new one is |a^2 - b^2| / 200.  STAGGER (Schlimmer and Granger 1986): of size, colour and shape: small and red; green or
 * circle; medium or large.  Agrawal (Agrawal, Imielinski and Swami 1993, doi:10.1109/69.250074): nine columns of people who ask
 * for a loan, and ten rules of who is in group A; this one has the paper's ranges and its rules 1 to 10. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/rng.h"

typedef struct ConceptChange {
	const char *name;
	bool (*differ)(Rng *r, int before, int after); /* draws a row; do the two concepts name it differently? */
	int before, after;
	double error; /* of the old concept under the new one; 0: by no formula */
} ConceptChange;

static bool sea_differ(Rng *r, int before, int after)
{
	static const double THETA[] = {8, 9, 7, 9.5};
	double sum = 10 * rng_unit(r) + 10 * rng_unit(r);
	return (sum > THETA[before]) != (sum > THETA[after]);
}

static bool stagger_label(int concept, const unsigned *x)
{
	return concept == 0 ? x[0] == 0 && x[1] == 0 : concept == 1 ? x[1] == 1 || x[2] == 1 : x[0] != 0;
}

static bool stagger_differ(Rng *r, int before, int after)
{
	unsigned x[3];
	for (int i = 0; i < 3; i++)
		x[i] = (unsigned)rng_below(r, 3);
	return stagger_label(before, x) != stagger_label(after, x);
}

/* In thousands of money; age group: under 40, under 60, older. */
typedef struct Applicant {
	double salary, commission, house, loan;
	int age, group, education, years;
} Applicant;

static Applicant applicant_draw(Rng *r)
{
	Applicant a = {.salary = 20 + 130 * rng_unit(r)};
	a.commission = a.salary >= 75 ? 0 : 10 + 65 * rng_unit(r);
	a.age = 20 + (int)rng_below(r, 61);
	a.group = a.age < 40 ? 0 : a.age < 60 ? 1 : 2;
	a.education = (int)rng_below(r, 5);
	a.house = (double)(9 - (int)rng_below(r, 9)) * 100 * (0.5 + rng_unit(r));
	a.years = 1 + (int)rng_below(r, 30);
	a.loan = 500 * rng_unit(r);
	return a;
}

static bool between(double x, double low, double high)
{
	return x >= low && x <= high;
}

static bool money_band(int group, double money)
{
	static const double LOW[] = {50, 75, 25};
	return between(money, LOW[group], LOW[group] + 50);
}

static bool is_schooled(const Applicant *a)
{
	return between(a->education, a->group, a->group + (a->group == 0 ? 1 : 2));
}

static bool agrawal_by_loan(const Applicant *a)
{
	static const double LOW[3][2] = {{200, 100}, {300, 200}, {100, 300}};
	double low = LOW[a->group][money_band(a->group, a->salary)];
	return between(a->loan, low, low + 200);
}

static bool agrawal_label(int rule, const Applicant *a)
{
	static const double UNSCHOOLED[] = {50, 75, 25}, SCHOOLED[] = {25, 50, 50};
	double low = (is_schooled(a) ? SCHOOLED : UNSCHOOLED)[a->group];
	double income = 2 * (a->salary + a->commission) / 3,
	       equity = a->years < 20 ? 0 : 0.1 * a->house * (a->years - 20);
	switch (rule) {
	case 1:
		return a->group != 1;
	case 2:
		return money_band(a->group, a->salary);
	case 3:
		return is_schooled(a);
	case 4:
		return between(a->salary, low, low + 50);
	case 5:
		return agrawal_by_loan(a);
	case 6:
		return money_band(a->group, a->salary + a->commission);
	case 7:
		return income - a->loan / 5 - 20 > 0;
	case 8:
		return income - 5 * a->education - 20 > 0;
	case 9:
		return income - 5 * a->education - a->loan / 5 - 10 > 0;
	default:
		return income - 5 * a->education + equity / 5 - 10 > 0;
	}
}

static bool agrawal_differ(Rng *r, int before, int after)
{
	Applicant a = applicant_draw(r);
	return agrawal_label(before, &a) != agrawal_label(after, &a);
}

/* STAGGER: where exactly one of the two holds, of 27 cases. */
static const ConceptChange CONCEPT_CHANGES[] = {
        {"sea 8 to 9", sea_differ, 0, 1, 0.085},
        {"sea 9 to 7", sea_differ, 1, 2, 0.16},
        {"sea 7 to 9.5", sea_differ, 2, 3, 0.20625},
        {"stagger 1 to 2", stagger_differ, 0, 1, 16 / 27.0},
        {"stagger 2 to 3", stagger_differ, 1, 2, 13 / 27.0},
        {"stagger 3 to 1", stagger_differ, 2, 0, 21 / 27.0},
        {"agrawal 1 to 2", agrawal_differ, 1, 2, 0},
        {"agrawal 2 to 3", agrawal_differ, 2, 3, 0},
        {"agrawal 3 to 4", agrawal_differ, 3, 4, 0},
        {"agrawal 4 to 5", agrawal_differ, 4, 5, 0},
        {"agrawal 5 to 6", agrawal_differ, 5, 6, 0},
        {"agrawal 6 to 7", agrawal_differ, 6, 7, 0},
        {"agrawal 7 to 8", agrawal_differ, 7, 8, 0},
        {"agrawal 8 to 9", agrawal_differ, 8, 9, 0},
        {"agrawal 9 to 10", agrawal_differ, 9, 10, 0},
};

/* Is the answer to the next row wrong?  `noise`: part of the labels that are turned round, before and after. */
static bool concept_errs(const ConceptChange *c, bool switched, double noise, Rng *r)
{
	bool differs = c->differ(r, c->before, switched ? c->after : c->before);
	return differs != (rng_unit(r) < noise);
}

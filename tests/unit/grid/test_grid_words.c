/* Tests that a grid in the words of other tools is told what to write, and that a grid takes what it is told. */
#include "fixtures/grid_fixture.h"
#include "base/synonym.h"

static bool is_key(const synonym *s)
{
    return strcmp(s->list, "key") == 0;
}

GRID_TEST(every_key_of_another_tool_is_explained)
{
    const synonym *s;
    char yaml[200];
    for (size_t i = 0; (s = synonym_row(i)) != NULL; i++) {
        snprintf(yaml, sizeof yaml, "data: {builtin: moons}\n%s: 1\n", s->word);
        if (is_key(s))
            assert_mistake_with(yaml, NULL, s->ours);
        snprintf(yaml, sizeof yaml, "data: {builtin: moons}\nbase: {%s: 1}\n", s->word);
        if (is_key(s))
            assert_mistake_with(yaml, NULL, s->ours);
        snprintf(yaml, sizeof yaml, "%s=1", s->word);
        if (is_key(s))
            assert_mistake_with("data: {builtin: moons}\n", yaml, s->ours);
    }
}

GRID_TEST(every_value_of_another_tool_is_explained)
{
    const synonym *s;
    char yaml[200], scaled[100];
    for (size_t i = 0; (s = synonym_row(i)) != NULL; i++) {
        snprintf(yaml, sizeof yaml, "data: {builtin: moons}\nbase: {%s: %s}\n", s->list, s->word);
        snprintf(scaled, sizeof scaled, "data: {builtin: moons, %s: '%s'}\n", s->list, s->word);
        if (nn_hyper_find(s->list) != NULL)
            assert_mistake_with(yaml, NULL, s->ours != NULL ? s->ours : s->note);
        else if (strcmp(s->list, "scale") == 0 || strcmp(s->list, "missing") == 0 || strcmp(s->list, "task") == 0)
            assert_mistake_with(scaled, NULL, s->ours);
    }
}

/* Reads a grid of what is advised and of data. */
static void assert_taken(const char *advice)
{
    const char *const set = "data.builtin=moons";
    char yaml[300];
    snprintf(yaml, sizeof yaml, "%s%s\n", strncmp(advice, "data: ", 6) == 0 ? "" : "data: {builtin: moons}\n", advice);
    grid_free(grid_with(yaml, &set, strstr(yaml, "file: my.csv") == NULL ? 1 : 0));
}

GRID_TEST(what_is_advised_is_a_grid)
{
    const synonym *s;
    for (size_t i = 0; (s = synonym_row(i)) != NULL; i++)
        if (is_key(s) && strchr(s->ours, ':') != NULL)
            assert_taken(s->ours);
}

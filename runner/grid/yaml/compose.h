/* compose.h - makes libyaml's document out of its events, as yaml_parser_load does, but as YAML 1.2 has it (section
 * 3.2.2.2): an anchor may stand again, and an alias names the last one before it. */
#ifndef NNGRID_GRID_YAML_COMPOSE_H
#define NNGRID_GRID_YAML_COMPOSE_H

#include <stdbool.h>
#include <yaml.h>

/* Reads the next document; one without a root node: there is none. The caller deletes it. False: error, problem and
 * places of the parser say why, and there is no document. */
bool yaml_compose(yaml_parser_t *parser, yaml_document_t *out);

#endif

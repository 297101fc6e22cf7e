package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// schemaText is the JSON Schema of what the commands print with --json. Its
// $defs are named after the commands, with hyphens; those that begin with a
// capital are shared.
//
//go:embed schema.json
var schemaText []byte

// schema is a document of JSON Schema, as far as it is looked at here.
type schema struct {
	Dialect string                     `json:"$schema"`
	Title   string                     `json:"title"`
	Ref     string                     `json:"$ref,omitempty"`
	Defs    map[string]json.RawMessage `json:"$defs"`
}

func readSchema() (s schema, err error) {
	if err := json.Unmarshal(schemaText, &s); err != nil {
		return s, fmt.Errorf("reading the schema of the output: %w", err)
	}
	return s, nil
}

// commands gives the names of all that have a definition.
func (s schema) commands() []string {
	all := slices.Sorted(maps.Keys(s.Defs))
	return slices.DeleteFunc(all, func(name string) bool { return name[0] >= 'A' && name[0] <= 'Z' })
}

// find gives the name of a command's definition. A command that does by itself
// what one below it does has that one's.
func (s schema) find(words []string) (string, bool) {
	name := strings.Join(strings.Fields(strings.Join(words, " ")), "-")
	for _, n := range []string{name, name + "-list", name + "-show"} {
		if slices.Contains(s.commands(), n) {
			return n, true
		}
	}
	return "", false
}

var references = regexp.MustCompile(`"#/\$defs/([^"]+)"`)

// of gives a schema for one definition alone, with what it refers to.
func (s schema) of(name string) schema {
	out := schema{Dialect: s.Dialect, Title: "ham " + strings.ReplaceAll(name, "-", " ") + " --json", Ref: "#/$defs/" + name, Defs: map[string]json.RawMessage{}}
	for open := []string{name}; len(open) > 0; open = open[1:] {
		if _, has := out.Defs[open[0]]; has {
			continue
		}
		out.Defs[open[0]] = s.Defs[open[0]]
		for _, m := range references.FindAllSubmatch(s.Defs[open[0]], -1) {
			open = append(open, string(m[1]))
		}
	}
	return out
}

func newSchemaCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use:   "schema [COMMAND]",
		Short: "Print the JSON Schema of what commands print with --json",
		Long: "schema prints the JSON Schema (draft 2020-12) of what a command prints with --json, or\n" +
			"that of all. approve, watch and activity --follow print an object a line; 'schema\n" +
			"activity-follow' describes such a line.",
		Example: "  ham schema apps list\n  ham schema > ham.schema.json",
		GroupID: groupApp,
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			s, err := readSchema()
			if err != nil || len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return s.commands(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				_, err := e.stdout.Write(schemaText)
				return err
			}
			s, err := readSchema()
			if err != nil {
				return err
			}
			name, ok := s.find(args)
			if !ok {
				return usagef("%q is no command with --json; there are: %s", strings.Join(args, " "), strings.Join(s.commands(), ", "))
			}
			return writeJSON(e.stdout, s.of(name))
		},
	}
}

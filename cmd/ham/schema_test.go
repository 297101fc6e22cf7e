package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/spf13/cobra"
)

// compiled gives the compiled schema of a command's output.
func compiled(name string) (*jsonschema.Schema, error) {
	document, err := document()
	if err != nil {
		return nil, err
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("ham.json", document); err != nil {
		return nil, err
	}
	return compiler.Compile("ham.json#/$defs/" + name)
}

var document = sync.OnceValues(func() (any, error) { return jsonschema.UnmarshalJSON(bytes.NewReader(schemaText)) })

// conforms says how text, one JSON value or several, is not as the schema of a
// command says.
func conforms(name, text string) error {
	s, err := compiled(name)
	if err != nil {
		return err
	}
	for d := json.NewDecoder(strings.NewReader(text)); ; {
		var raw json.RawMessage
		if err := d.Decode(&raw); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("%w in %q", err, text)
		}
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		if err != nil {
			return err
		}
		if err := s.Validate(value); err != nil {
			return fmt.Errorf("%w\n%s", err, raw)
		}
	}
}

// conformsCommand is conforms NAME FILE: the file holds JSON as ham schema NAME
// says, and is not empty.
func conformsCommand(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, len(args) != 2, "conforms NAME FILE")
	text := ts.ReadFile(args[1])
	if strings.TrimSpace(text) == "" {
		ts.Fatalf("there is nothing in %s", args[1])
	}
	err := conforms(args[0], text)
	if neg != (err != nil) {
		ts.Fatalf("conforms: %v", err)
	}
}

// exitUnlike is the exit code of a ham whose output is not as its schema says.
const exitUnlike = 99

// checkedMain is main, and besides looks at all that --json prints: so the
// output of every script is compared with the schema.
func checkedMain() {
	args := os.Args[1:]
	name, ok := printsJSON(args)
	if !ok || isTerminal(os.Stdout) {
		main()
		return
	}
	var out bytes.Buffer
	err := run(untilSignal(), args, os.Stdin, io.MultiWriter(os.Stdout, &out), os.Stderr)
	if unlike := conforms(name, out.String()); unlike != nil {
		fmt.Fprintf(os.Stderr, "ham: %s: %v\n", name, unlike)
		os.Exit(exitUnlike)
	}
	os.Exit(exitCode(err))
}

// printsJSON gives the name of the definition of what a command line prints.
func printsJSON(args []string) (string, bool) {
	if !slices.Contains(args, "--json") && (len(args) == 0 || args[0] != "watch") || strings.HasPrefix(args[0], "__") || slices.Contains(args, "--help") {
		return "", false
	}
	cmd, _, err := newRootCommand(&env{}).Find(args)
	if err != nil {
		return "", false
	}
	path := strings.Fields(cmd.CommandPath())[1:]
	if len(path) == 1 && path[0] == "activity" && (slices.Contains(args, "--follow") || slices.Contains(args, "-f")) {
		path = append(path, "follow")
	}
	s, err := readSchema()
	if err != nil {
		return "", false
	}
	name, ok := s.find(path)
	if !ok {
		name = strings.Join(path, "-") // which then cannot be compiled
	}
	return name, cmd.Runnable()
}

func TestEveryDefinitionCanBeCompiledAndIsUsed(t *testing.T) {
	s, err := readSchema()
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{"activity-follow": true, "watch": true}
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		for _, sub := range c.Commands() {
			walk(sub)
		}
		// A command that only holds others has no output of its own.
		if takes := c.LocalFlags().Lookup("json") != nil || c.InheritedFlags().Lookup("json") != nil; !takes || c.RunE == nil {
			return
		}
		path := strings.Fields(c.CommandPath())[1:]
		name, ok := s.find(path)
		if !ok {
			t.Errorf("%s --json is not described", c.CommandPath())
		}
		used[name] = true
	}
	walk(newRootCommand(&env{}))
	for _, name := range s.commands() {
		if !used[name] {
			t.Errorf("%q is the output of no command", name)
		}
	}
	for name := range s.Defs {
		if _, err := compiled(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSchemaOfOneCommandStandsAlone(t *testing.T) {
	out, stderr, code := ham(t, "", "schema", "accounts", "remove")
	if code != 0 {
		t.Fatalf("%d: %s", code, stderr)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("one.json", value); err != nil {
		t.Fatal(err)
	}
	s, err := compiler.Compile("one.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(map[string]any{"removed": map[string]any{}, "server_told": true}); err == nil {
		t.Error("anything goes")
	}
	if strings.Contains(out, "Event") || !strings.Contains(out, `"Account"`) {
		t.Errorf("it holds what it does not need, or lacks what it does:\n%s", out)
	}
}

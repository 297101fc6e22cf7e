package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// target is what a command line can name: by its id, or by its name where
// that is the name of nothing else.
type target struct {
	id, name string
	about    string // instead of the name, where there is none or names are not taken
}

func (t target) String() string {
	switch {
	case t.name != "":
		return fmt.Sprintf("%s (%s)", t.name, t.id)
	case t.about != "":
		return fmt.Sprintf("%s (%s)", t.about, t.id)
	}
	return t.id
}

func targets[T any](items []T, as func(T) target) []target {
	out := make([]target, len(items))
	for i, item := range items {
		out[i] = as(item)
	}
	return out
}

// pick gives the items that args name, each once, in the order of args. It
// gives none unless it finds them all: nothing is done by halves because of a
// slip of the finger. what is one of them in words.
func pick[T any](items []T, as func(T) target, what string, args []string) ([]T, error) {
	all := targets(items, as)
	var chosen []int
	for _, arg := range args {
		i, err := find(all, what, arg)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(chosen, i) {
			chosen = append(chosen, i)
		}
	}
	out := make([]T, len(chosen))
	for n, i := range chosen {
		out[n] = items[i]
	}
	return out, nil
}

// find gives the index of the one that arg names: an id before a name, and a
// name before one that differs in case.
func find(all []target, what, arg string) (int, error) {
	if arg == "" { // a script's variable that is not set must not name what has no name
		return 0, usagef("an empty name is not that of %s", what)
	}
	for _, is := range []func(target) bool{
		func(t target) bool { return t.id == arg },
		func(t target) bool { return t.name == arg },
		func(t target) bool { return strings.EqualFold(t.name, arg) },
	} {
		var found []int
		for i, t := range all {
			if is(t) {
				found = append(found, i)
			}
		}
		switch len(found) {
		case 0:
		case 1:
			return found[0], nil
		default:
			var could []target
			for _, i := range found {
				could = append(could, all[i])
			}
			return 0, usagef("%q is the name of several: %s; give the id, in brackets", arg, named(could))
		}
	}
	if len(all) == 0 {
		return 0, usagef("there is no %s %q: there is none at all", noun(what), arg)
	}
	return 0, usagef("there is no %s %q; there are: %s", noun(what), arg, named(all))
}

// noun takes the article off.
func noun(what string) string {
	_, n, _ := strings.Cut(what, " ")
	return n
}

// mostNamed bounds how long an error gets.
const mostNamed = 12

func named(all []target) string {
	var out []string
	for i, t := range all {
		if i == mostNamed {
			out = append(out, fmt.Sprintf("and %d more", len(all)-i))
			break
		}
		out = append(out, t.String())
	}
	return strings.Join(out, ", ")
}

// offered are the targets for a shell's completion, without those given.
func offered(all []target, given []string) (out []cobra.Completion) {
	for _, t := range all {
		text, about := t.id, t.name
		if about == "" {
			about = t.about
		}
		if i, err := find(all, "a thing", t.name); err == nil && all[i].id == t.id {
			text, about = t.name, t.id
		}
		if !slices.Contains(given, t.id) && !slices.Contains(given, t.name) {
			out = append(out, cobra.CompletionWithDesc(text, about))
		}
	}
	return out
}

// atLeastOne is cobra's check in words that say what is missing.
func atLeastOne(what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return fmt.Errorf("give %s, or several", what)
		}
		return nil
	}
}

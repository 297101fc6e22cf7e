package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// each does something to one after the other, up to the first that fails, and
// gives those that it was done to.
func each[T any](items []T, do func(T) error) (done []T, failed error) {
	for _, item := range items {
		if err := do(item); err != nil {
			return done, err
		}
		done = append(done, item)
	}
	return done, nil
}

// tell says what was done, also if the rest has failed: a sentence for each,
// or one object.
func tell[T, J any](e *env, asJSON bool, done []T, failed error, as func(T) J, object func([]J) any, sentence func(T) string) error {
	if len(done) == 0 && failed != nil {
		return failed
	}
	if asJSON {
		out := make([]J, len(done))
		for i, item := range done {
			out[i] = as(item)
		}
		return errors.Join(writeJSON(e.stdout, object(out)), failed)
	}
	var b strings.Builder
	for _, item := range done {
		fmt.Fprintln(&b, sentence(item))
	}
	_, err := io.WriteString(e.stdout, b.String())
	return errors.Join(err, failed)
}

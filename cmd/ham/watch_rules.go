package main

import (
	"context"
	"fmt"
	"os"

	"hamconnect/tui/rules"
)

// readRules reads a file, which may be a pipe that nobody writes to yet.
func readRules(ctx context.Context, path string) (rules.Rules, error) {
	type result struct {
		rules.Rules
		err error
	}
	done := make(chan result, 1)
	go func() {
		f, err := os.Open(path) //nolint:gosec // the person names the file
		if err != nil {
			done <- result{err: fmt.Errorf("reading the rules: %w", err)}
			return
		}
		defer f.Close()
		parsed, err := rules.Parse(path, f)
		done <- result{parsed, err}
	}()
	select {
	case <-ctx.Done():
		return rules.Rules{}, ctx.Err()
	case got := <-done:
		if got.err != nil {
			return rules.Rules{}, &usageError{got.err}
		}
		return got.Rules, nil
	}
}

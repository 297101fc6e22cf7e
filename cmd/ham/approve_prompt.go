package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"hamconnect/tui"
)

// errNoAnswer: the person closed the input instead of answering.
var errNoAnswer = errors.New("there was no answer, so nothing was approved")

// readLine reads one line without taking more of r than that, and gives up
// when ctx ends; the reading goroutine then stays behind until the program does.
func readLine(ctx context.Context, r io.Reader) (string, error) {
	if l, ok := r.(*lineReader); ok {
		return l.next(ctx)
	}
	type result struct {
		line string
		err  error
	}
	done := make(chan result, 1)
	go func() {
		var line []byte
		for b := make([]byte, 1); len(line) < 1024; {
			n, err := r.Read(b)
			if n > 0 && b[0] == '\n' {
				break
			}
			line = append(line, b[:n]...)
			if err != nil {
				if len(line) == 0 {
					done <- result{err: err}
					return
				}
				break
			}
		}
		done <- result{line: strings.TrimSpace(string(line))}
	}()
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case got := <-done:
		return got.line, got.err
	}
}

func prompt(ctx context.Context, e *env, question string) (string, error) {
	if _, err := fmt.Fprint(e.stderr, question); err != nil {
		return "", err
	}
	line, err := readLine(ctx, e.stdin)
	if errors.Is(err, io.EOF) {
		err = errNoAnswer
	}
	return line, err
}

// askYesNo takes only a clear answer; Enter alone is none.
func askYesNo(ctx context.Context, e *env, question string) (bool, error) {
	for {
		answer, err := prompt(ctx, e, question+" [yes/no] ")
		if err != nil {
			return false, err
		}
		switch strings.ToLower(answer) {
		case "y", "yes":
			return true, nil
		case "n", "no":
			return false, nil
		}
	}
}

func askNumber(ctx context.Context, e *env) (int, error) {
	for {
		answer, err := prompt(ctx, e, "Number on the desktop: ")
		if err != nil {
			return 0, err
		}
		if n, ok := tui.CheckNumber(answer); ok {
			return n, nil
		}
		fmt.Fprintln(e.stderr, "It has two digits, such as 42.")
	}
}

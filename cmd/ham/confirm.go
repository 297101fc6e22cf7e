package main

import (
	"context"
	"errors"
	"strings"
)

// errKept is the end of a question that was not answered with a yes.
var errKept = errors.New("nothing was changed")

// mayAsk refuses a command that would have to ask where nobody can answer.
func mayAsk(e *env, yes bool) error {
	if !yes && !e.interactive {
		return usagef("there is no terminal to ask on; if you mean it, give --yes")
	}
	return nil
}

// confirm asks before something that cannot be taken back, unless yes was
// given. Enter alone is a no.
func confirm(ctx context.Context, e *env, yes bool, question string) error {
	if err := mayAsk(e, yes); err != nil || yes {
		return err
	}
	answer, err := prompt(ctx, e, question+" [y/N] ")
	if err != nil && !errors.Is(err, errNoAnswer) {
		return err
	}
	switch strings.ToLower(answer) {
	case "y", "yes":
		return nil
	}
	return errKept
}

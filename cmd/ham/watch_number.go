package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"hamconnect/tui"
	"hamconnect/tui/client"
)

// numbers gives the number that the desktop shows, or says why there is none.
// It is asked again after a wrong one, as long as tries are left.
type numbers func(ctx context.Context, ask *client.Ask) (int, error)

// numbersOnInput reads lines with a number, or with the id of a pairing and a
// number. A line about another pairing came too late, and is passed over.
func numbersOnInput(input *lineReader) numbers {
	return func(ctx context.Context, ask *client.Ask) (int, error) {
		for {
			line, err := input.next(ctx)
			if err != nil {
				return 0, err
			}
			words := strings.Fields(line)
			if len(words) == 2 {
				if words[0] != ask.PairingID {
					continue
				}
				words = words[1:]
			}
			if len(words) == 1 {
				if n, ok := tui.CheckNumber(words[0]); ok {
					return n, nil
				}
			}
			return 0, errors.New("standard input did not hold the two digits that the desktop shows")
		}
	}
}

const (
	commandFor = 10 * time.Second
	maxNumber  = 256 // bytes that a command may print
)

// numbersOf runs a command of the person's own. What is asked for stands in
// its environment, where the shell does not read it as code.
func numbersOf(command string, within time.Duration, stderr io.Writer) numbers {
	return func(ctx context.Context, ask *client.Ask) (int, error) {
		limited, cancel := context.WithTimeout(ctx, within)
		defer cancel()
		var out bytes.Buffer
		cmd := exec.CommandContext(limited, "sh", "-c", command) //nolint:gosec // it is the person's own
		cmd.Env = append(os.Environ(),
			"HAM_PAIRING_ID="+ask.PairingID, "HAM_KIND="+string(ask.Kind), "HAM_CLIENT_ID="+ask.ClientID,
			"HAM_APP_NAME="+ask.AppName, "HAM_REDIRECT_HOST="+ask.RedirectHost(), "HAM_SCOPES="+strings.Join(ask.ScopeNames(), " "),
			"HAM_BROWSER="+ask.Browser.Name, "HAM_ADDRESS="+ask.Browser.Address)
		cmd.Stdout, cmd.Stderr = &shortWriter{b: &out}, stderr
		cmd.WaitDelay = time.Second // what it has started may hold its output open
		inGroup(cmd)
		err := cmd.Run()
		switch {
		case ctx.Err() != nil:
			return 0, ctx.Err()
		case limited.Err() != nil:
			return 0, fmt.Errorf("the command for the number took longer than %s", within)
		case err != nil:
			return 0, fmt.Errorf("the command for the number failed: %w", err)
		}
		n, ok := tui.CheckNumber(out.String())
		if !ok {
			return 0, errors.New("the command for the number did not print the two digits that the desktop shows")
		}
		return n, nil
	}
}

// shortWriter keeps no more than a number needs, and takes the rest.
type shortWriter struct{ b *bytes.Buffer }

func (w *shortWriter) Write(p []byte) (int, error) {
	w.b.Write(p[:min(len(p), max(0, maxNumber-w.b.Len()))])
	return len(p), nil
}

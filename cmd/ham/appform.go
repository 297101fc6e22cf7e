package main

import (
	"context"
	"os"
	"strconv"

	"github.com/charmbracelet/x/term"

	"hamconnect/tui"
	"hamconnect/tui/plain"
)

// appForm is how the app shows itself.
type appForm int

const (
	noForm       appForm = iota // there is nobody to show it to
	fullScreen                  // on a terminal
	plainLines                  // because it was asked for
	dumbTerminal                // plain lines, because the terminal can do no more
)

// formOf needs no terminal where lines were asked for: a pipe carries them too.
// The flag goes before the environment.
func formOf(e *env, accessible, given bool) appForm {
	if !given {
		accessible = isSet(os.Getenv("ACCESSIBLE"))
	}
	switch {
	case accessible:
		return plainLines
	case !e.interactive || !isTerminal(e.stdout):
		return noForm
	case os.Getenv("TERM") == "dumb":
		return dumbTerminal
	}
	return fullScreen
}

// isSet takes any value but those that say no.
func isSet(value string) bool {
	on, err := strconv.ParseBool(value)
	return value != "" && (on || err != nil)
}

// show opens the app in a form; what only the full screen has, lines leave out.
func (form appForm) show(ctx context.Context, e *env, o tui.Options) error {
	o.Language = tui.Language()
	o.Client.Language = o.Language
	o.Client.Passphrase = nil // the app asks by itself
	o.Input, o.Output = e.stdin, e.stdout
	if form == fullScreen {
		return tui.Run(ctx, o)
	}
	p := plain.Options{
		Account: o.Account, Client: o.Client, Language: o.Language, Link: o.Link, Note: o.Note,
		In: e.stdin, Out: e.stdout, NoEcho: !isTerminal(e.stdin), Browse: tui.OpenBrowser,
	}
	if isTerminal(e.stdout) {
		p.Width = func() int { return widthOf(e.stdout) }
	}
	if form == dumbTerminal {
		p.Note = plain.DumbTerminal(o.Language) + "\n" + p.Note
	}
	if in, ok := e.stdin.(interface{ Fd() uintptr }); ok && !p.NoEcho {
		p.Hide = func() (func(), error) { return hideTyping(in.Fd()) }
	}
	return plain.Run(ctx, p)
}

// hideTyping has a terminal not show what is typed, until show is called.
func hideTyping(fd uintptr) (show func(), err error) {
	before, err := term.GetState(fd)
	if err != nil {
		return nil, err
	}
	hidden := *before
	withoutEcho(&hidden)
	if err := term.SetState(fd, &hidden); err != nil {
		return nil, err
	}
	return func() { _ = term.SetState(fd, before) }, nil // it was set like that a moment ago
}

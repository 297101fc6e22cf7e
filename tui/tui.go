package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"

	"hamconnect/qr"
	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
)

// Options say what the app starts with.
type Options struct {
	Account *client.Account // nil shows the sign-in with an enrol link first
	Client  client.Options  // for that sign-in
	Link    string          // looked at right away if not empty; a link or a picture's path
	Camera  string          // as capture.Open takes it; the first there is if empty
	Watch   string          // a folder whose new pictures are looked at, if not empty
	Note    string          // what else the person should know, on the first screen

	Language string // en, zh or ja, unless the person has chosen one on the server

	Input  io.Reader        // os.Stdin if nil
	Output io.Writer        // os.Stdout if nil
	Now    func() time.Time // time.Now if nil
}

// Run shows the app until the person leaves it or ctx ends.
func Run(ctx context.Context, o Options) error {
	if o.Input == nil {
		o.Input = os.Stdin
	}
	if o.Output == nil {
		o.Output = os.Stdout
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends what the screens left running
	renderer := lipgloss.NewRenderer(o.Output)
	renderer.SetHasDarkBackground(isDark(o.Input, o.Output))
	a := &app{
		ctx: ctx, now: o.Now, styles: newStyles(renderer), texts: speak(o.Language), local: o.Language,
		open: OpenBrowser, sources: newSources(o.Camera),
		keep: folder{o.Client},
		enroll: func(ctx context.Context, link qr.Link, add bool) (*account, error) {
			// Without an account, or with one that the server has removed,
			// nothing that still works is replaced.
			o.Client.Add, o.Client.Replace = add, !add
			return enroll(ctx, link, o.Client)
		},
	}
	if o.Account != nil {
		a.account = newAccount(o.Account)
	}
	a.listen = &listener{ctx: ctx}
	input, output := o.Input, o.Output
	if t := newTerminal(o.Input, o.Output); t != nil {
		input, output, a.sources.clipboard = t.in, t.out, t.clipboard
	}
	program := tea.NewProgram(newRoot(a, o.Link, o.Note),
		tea.WithInput(input), tea.WithOutput(output),
		tea.WithAltScreen(), tea.WithMouseCellMotion(), tea.WithoutSignalHandler())
	a.listen.send = program.Send
	if o.Watch != "" {
		a.watched = client.Clean(o.Watch)
		go watchFolder(ctx, o.Watch, program.Send)
	}
	// Not tea.WithContext: that closes the input while it is being read.
	defer context.AfterFunc(ctx, program.Quit)()
	_, err := program.Run()
	if l := a.later; l != nil { // what waited is done, however the app was left
		if failed := l.do(ctx); failed != nil {
			err = errors.Join(err, fmt.Errorf("%s %s: %w", l.act.name, l.row.name, failed))
		}
	}
	return err
}

// app is what all screens share. It changes in root.Update only.
type app struct {
	ctx          context.Context // ends with the program
	account      *account        // nil before the sign-in
	now          func() time.Time
	notices      []pairing.Notice // not seen yet, latest first
	seen         int              // notices that were marked as seen
	keep         keeper
	offline      bool      // the connection for news is not there
	lost         string    // why, as it was told; empty where nothing more is known
	requestUntil time.Time // when the latest request of a browser runs out
	later        *later    // an act that waits, nil for none
	aside        *aside    // a request that was left without an answer, nil for none
	left         map[string]spot
	watched      string    // the folder whose new pictures are looked at, empty for none
	listen       *listener // nil in tests
	texts        texts
	local        string // the language of the environment
	styles       styles
	sources      sources
	open         func(url string) error
	enroll       func(ctx context.Context, link qr.Link, add bool) (*account, error)
}

// screen is one full screen of the app.
type screen interface {
	init() tea.Cmd
	update(msg tea.Msg) tea.Cmd
	view(width, height int) []string // at most height lines of at most width cells
	keys() []key.Binding             // the help, most important first
	typing() bool                    // a text is being typed, so "?" belongs to it
	leave()                          // ends what the screen has running
}

package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
	"hamconnect/tui/rules"
)

// watching is a run of ham watch. Three kinds of goroutines take part: one
// hears news of the account, one for each source looks for sign-ins, and one
// answers them, one after the other.
type watching struct {
	env     *env
	account *client.Account
	rules   rules.Rules
	number  numbers
	answers *lineReader // standard input, where it holds numbers or a person's answers; else nil
	out     *watchOutput
	once    bool

	queue    chan sighting
	requests chan []pairing.BrowserRequest // for the source push; else nil

	mu    sync.Mutex           // guards known
	known map[string]time.Time // codes and ids of sign-ins that were seen, and when
}

// watchFlags are those of ham watch.
type watchFlags struct {
	client.Options
	rules       string
	from        []string
	number      string
	command     string
	once        bool
	iUnderstand bool
}

func newWatchCommand(e *env) *cobra.Command {
	f := &watchFlags{}
	cmd := &cobra.Command{
		Use:   "watch --rules FILE",
		Short: "Approve and refuse sign-ins by rule, for CI and kiosks",
		Long: `watch waits for sign-ins and answers each by the first rule of FILE that
matches, and with a no where none does. FILE is TOML:

  [[rule]]
  client_id = "…"               # exactly this one
  redirect_host = "localhost:*" # host[:port]; *.example.org is its subdomains,
                                # :* any port or none
  scopes = ["profile"]          # asks for no others than these
  browser = "127.0.0.0/8"       # address or network that the server saw
  kind = "authorize"            # or "sign_in": a browser asks to be signed in to
                                # your account itself, or "ticket": one that shows
                                # no number, for which the rule's browser stands;
                                # no other rule matches these
  action = "allow"              # or "deny", or "ask": a person on this terminal,
                                # and a no where there is none
  leave_out = ["is_student"]    # with allow: scopes that are not given

client_id, redirect_host, scopes and browser may be lists, and all that a rule
says has to hold. A file with a mistake is refused with line and column.

--from says where sign-ins come from, and may be repeated:

  push   browsers that know you and ask your Ham apps (the default); the
         account has to allow it: ham profile set --may-be-asked
  clipboard, screen
         what is copied, or shows on this machine's monitors
  DIR    new pictures of a code, or text files with a link, in this folder;
         names that begin with a dot are left alone
  -      links, or paths of pictures, on standard input, one a line

Approving takes the number that the desktop shows. --number - reads it from
standard input once the sign-in is claimed: a line with the number, or with the
pairing_id and the number. What was written before that is not taken.
--number-command runs a command with sh, which prints it within 10 seconds; it
finds HAM_PAIRING_ID, HAM_KIND, HAM_CLIENT_ID, HAM_APP_NAME, HAM_REDIRECT_HOST,
HAM_SCOPES, HAM_BROWSER and HAM_ADDRESS in its environment. On a terminal you
are asked. A sign-in whose number does not come within its minute is refused.

Each step is one JSON object on standard output: ready, claimed, decided, error
('ham schema watch'). Sign-ins are answered one at a time, and by one watch for
each device: a second one ends at once with exit code 1. A server that goes away
is waited for. Ctrl-C and SIGTERM end it with exit code 0, and refuse what
is claimed. --once ends it after the first that was decided: with exit code 0
if it was approved, 5 if it was refused.

` + exitHelp,
		Example: `  ham watch --rules ci.toml --from - --number-command ./read-number < links
  ham watch --rules ci.toml --from ./screenshots --number - --once
  ham watch --rules kiosk.toml | jq -c 'select(.event == "decided")'`,
		GroupID: groupApp,
		Args:    noArguments, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			w, err := f.prepare(cmd.Context(), e)
			if err != nil {
				return err
			}
			release, err := w.account.Hold()
			if errors.Is(err, client.ErrHeld) {
				return fmt.Errorf("%w: end that 'ham watch' first, or give this one a device of its own, by 'ham login' with another --config", err)
			}
			if err != nil {
				return err
			}
			return errors.Join(ended(cmd.Context(), w.run(cmd.Context(), f.from)), release())
		},
	}
	addConfigFlag(cmd, &f.Options)
	flags := cmd.Flags()
	flags.StringVar(&f.rules, "rules", "", "the file with the rules")
	flags.StringArrayVar(&f.from, "from", []string{"push"}, "where sign-ins come from: push, clipboard, screen, a folder, or - for standard input")
	flags.StringVar(&f.number, "number", "", "- reads the numbers that desktops show from standard input")
	flags.StringVar(&f.command, "number-command", "", "a command that prints the number that the desktop shows")
	flags.BoolVar(&f.once, "once", false, "end after the first sign-in that was decided")
	flags.BoolVar(&f.iUnderstand, "i-understand", false,
		"run against a server that is no sandbox: whatever the rules allow is approved in your name with nobody looking, and who can put a code before them signs in as you")
	cmd.MarkFlagsMutuallyExclusive("number", "number-command")
	cmd.MarkFlagRequired("rules") //nolint:errcheck // the flag is there
	return cmd
}

// prepare looks at all that can be wrong before anything is claimed.
func (f *watchFlags) prepare(ctx context.Context, e *env) (*watching, error) {
	switch {
	case f.number != "" && f.number != "-":
		return nil, usagef("--number takes - only: each sign-in has a number of its own")
	case f.number == "-" && slices.Contains(f.from, "-"):
		return nil, usagef("standard input cannot hold both links and numbers; use --number-command")
	}
	parsed, err := readRules(ctx, f.rules)
	if err != nil {
		return nil, err
	}
	account, err := client.Load(f.Options)
	if err != nil {
		return nil, err
	}
	if !isSandbox(account.Server) && !f.iUnderstand {
		return nil, usagef("%s is not a sandbox on this machine; whatever the rules allow would be approved there in your name, with nobody looking. Give --i-understand if you mean that", account.Server)
	}
	// From here on several goroutines read and write.
	input := newLineReader(e.stdin)
	own := &env{stdin: input, stdout: e.stdout, stderr: &lockedWriter{w: e.stderr}, interactive: e.interactive && !slices.Contains(f.from, "-")}
	w := &watching{
		env: own, account: account, rules: parsed, once: f.once, out: newWatchOutput(e.stdout),
		queue: make(chan sighting, mostWaiting), known: map[string]time.Time{},
	}
	if f.number == "-" || own.interactive {
		w.answers = input
		input.start() // what stands there by now is found out of date
	}
	switch {
	case f.number == "-":
		w.number = numbersOnInput(input)
	case f.command != "":
		w.number = numbersOf(f.command, commandFor, own.stderr)
	case own.interactive:
		w.number = func(ctx context.Context, _ *client.Ask) (int, error) { return askNumber(ctx, own) }
	case parsed.NeedNumbers():
		return nil, usagef("nobody is there to type the numbers that desktops show: give --number - or --number-command")
	}
	return w, nil
}

// isSandbox reports whether a server is on this machine, where it is nobody's
// but the developer's.
func isSandbox(server string) bool {
	u, err := url.Parse(server)
	return err == nil && slices.Contains([]string{"localhost", "127.0.0.1", "::1"}, u.Hostname())
}

var (
	// errOver ends a watch that has nothing more to do.
	errOver = errors.New("there is nothing more to watch")

	// errDenied is the end of a watch of one sign-in which was refused.
	errDenied = errors.New("the sign-in was refused")

	errNothing = errors.New("no sign-in came that could be decided")
)

func (w *watching) run(ctx context.Context, from []string) error {
	me, err := w.account.Me(ctx)
	if err != nil {
		return err
	}
	sources := make([]source, len(from))
	for i, name := range from {
		if sources[i], err = w.open(name); err != nil {
			return err
		}
	}
	if w.requests != nil && !me.MayBeAsked {
		fmt.Fprintln(w.env.stderr, "ham: browsers may not ask this account yet; turn it on with: ham profile set --may-be-asked")
	}
	if err := w.out.ready(w.account.Server, me.Nickname, w.rules.Len(), from); err != nil {
		return err
	}
	group, within := errgroup.WithContext(ctx)
	group.Go(func() error { return keepUp(within, w.env, w.account, w.look) })
	dry := make(chan struct{}) // closed when nothing more can be found
	group.Go(func() error {
		defer close(dry)
		all, within := errgroup.WithContext(within)
		for _, look := range sources {
			all.Go(func() error { return look(within, w.found) })
		}
		return all.Wait()
	})
	group.Go(func() error { return w.answer(within, dry) })
	if err := group.Wait(); !errors.Is(err, errOver) {
		return err
	}
	return nil
}

// look hears what is new. That the account is gone is heard so as well.
func (w *watching) look(ctx context.Context) error {
	me, err := w.account.Me(ctx)
	if err != nil || w.requests == nil {
		return err
	}
	select {
	case <-w.requests: // is older
	default:
	}
	w.requests <- me.Requests
	return nil
}

// answer takes what was found, one after the other.
func (w *watching) answer(ctx context.Context, dry <-chan struct{}) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case s := <-w.queue:
			if err := w.turn(ctx, s); err != nil {
				return err
			}
			continue
		default:
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case s := <-w.queue:
			if err := w.turn(ctx, s); err != nil {
				return err
			}
		case <-dry:
			if len(w.queue) > 0 {
				continue
			}
			if w.once {
				return errNothing
			}
			return errOver
		}
	}
}

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/spf13/cobra"

	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
)

// eventJSON is an element of ham activity --json, the latest first, and a line
// of ham activity --follow --json.
type eventJSON struct {
	ID      string    `json:"id"`
	Kind    string    `json:"kind"`
	Title   string    `json:"title"`
	At      time.Time `json:"at"`
	How     string    `json:"how"`     // how somebody signed in, in words; may be empty
	Browser string    `json:"browser"` // by its own account; may be empty
	Address string    `json:"address"` // may be empty
	Times   int       `json:"times"`   // within the same minute
	Notice  bool      `json:"notice"`  // it may be the work of somebody who takes the account over
}

func newActivityCommand(e *env) *cobra.Command {
	f := &appFlags{}
	var follow bool
	var limit int
	cmd := &cobra.Command{
		Use:   "activity",
		Short: "List what happened to your account, or follow it",
		Long: "activity lists what happened in the last 90 days, the latest first. An exclamation mark\n" +
			"stands before what may be the work of somebody who is taking the account over.\n\n" +
			"With --follow it waits, and prints each new event when it comes, below the last ones\n" +
			"if --limit says how many; with --json an object on a line each. What happens again\n" +
			"within the same minute is the same event, and printed once. A connection that breaks\n" +
			"is made again. Ctrl-C and SIGTERM end it with exit code 0.",
		Example: "  ham activity --limit 10\n  ham activity --follow --json | jq --unbuffered -r .title",
		GroupID: groupApp,
		Args:    noArguments, ValidArgsFunction: cobra.NoFileCompletions,
		PreRunE: func(cmd *cobra.Command, _ []string) error {
			if limit < 0 {
				return usagef("--limit takes how many events to list; 0 lists all")
			}
			if follow && !cmd.Flags().Changed("limit") {
				limit = -1
			}
			return nil
		},
		RunE: f.with(func(ctx context.Context, account *client.Account, _ []string) error {
			if follow {
				return (&following{env: e, account: account, json: f.json}).run(ctx, limit)
			}
			events, err := latest(ctx, account, limit)
			if err != nil {
				return err
			}
			return writeEvents(e.stdout, f.json, events)
		}),
	}
	f.add(cmd)
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "wait, and print new events as they come")
	cmd.Flags().IntVar(&limit, "limit", 50, "how many events to list, 0 for all; with --follow none unless it is given")
	cmd.RegisterFlagCompletionFunc("limit", cobra.NoFileCompletions) //nolint:errcheck // the flag is there
	return cmd
}

// mostEvents is more than a server keeps of one person.
const mostEvents = 20_000

// latest gives the last events, most at most, or all if that is 0.
func latest(ctx context.Context, account *client.Account, most int) (all []pairing.Event, err error) {
	if most == 0 {
		most = mostEvents
	}
	seen := map[string]bool{} // one that happens again meanwhile comes up again
	for cursor := ""; ; {
		var events []pairing.Event
		if events, cursor, err = account.Activity(ctx, cursor); err != nil {
			return nil, err
		}
		for _, event := range events {
			if !seen[event.ID] && len(all) < most {
				seen[event.ID] = true
				all = append(all, event)
			}
		}
		if cursor == "" || len(all) >= most || len(events) == 0 {
			return all, nil
		}
	}
}

func writeEvents(w io.Writer, asJSON bool, events []pairing.Event) error {
	if asJSON {
		out := make([]eventJSON, len(events))
		for i, event := range events {
			out[i] = eventJSON(event)
		}
		return writeJSON(w, out)
	}
	if len(events) == 0 {
		_, err := fmt.Fprintln(w, "Nothing has happened yet.")
		return err
	}
	var b strings.Builder
	for _, event := range events {
		b.WriteString(inLines(event, widthOf(w)))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// inLines is an event for people: when and what, and below that how and from where.
func inLines(event pairing.Event, width int) string {
	sign := "  "
	if event.Notice {
		sign = "! "
	}
	title := event.Title
	if event.Times > 1 {
		title += fmt.Sprintf(" (%d times)", event.Times)
	}
	lead := sign + minute(event.At) + gap
	text := title
	if from := strings.TrimSpace(event.How + " " + client.Origin(pairing.Notice{Browser: event.Browser, Address: event.Address})); from != "" {
		text += "\n" + from
	}
	text = ansi.Wrap(text, max(width-len(lead), 2*narrowest), "")
	return lead + strings.ReplaceAll(text, "\n", "\n"+strings.Repeat(" ", len(lead))) + "\n"
}

// following is a run of ham activity --follow.
type following struct {
	env     *env
	account *client.Account
	json    bool

	printed map[string]bool // ids of what was printed, or was there before
	since   time.Time       // what is older was there before
}

// run prints the last events, unless last is negative, and then each new one
// until ctx ends, which is no error.
func (f *following) run(ctx context.Context, last int) error {
	if err := f.begin(ctx, last); err != nil {
		return ended(ctx, err)
	}
	return ended(ctx, keepUp(ctx, f.env, f.account, f.print))
}

// begin notes what is there already, so that only what comes after is new.
func (f *following) begin(ctx context.Context, last int) error {
	f.printed = map[string]bool{}
	events, _, err := f.account.Activity(ctx, "")
	if err != nil {
		return err
	}
	for _, event := range events {
		f.printed[event.ID] = true
		f.since = event.At // the last is the oldest
	}
	if last < 0 {
		return nil
	}
	if last == 0 || last > len(events) {
		if events, err = latest(ctx, f.account, last); err != nil {
			return err
		}
		for _, event := range events {
			f.printed[event.ID] = true
		}
	} else {
		events = events[:last]
	}
	return f.write(events)
}

// overlap is how much of what was printed already is looked at again: an event
// may have been written a moment after one that is later by its time.
const overlap = time.Minute

// print asks for what is new and prints it, the oldest first. What could not
// be asked for to its end is not printed, and asked for again.
func (f *following) print(ctx context.Context) error {
	var fresh []pairing.Event
	seen := map[string]bool{} // one that happens again meanwhile comes up again
	for cursor := ""; ; {
		events, next, err := f.account.Activity(ctx, cursor)
		if err != nil {
			return err
		}
		old := false
		for _, event := range events {
			old = old || event.At.Before(f.since)
			if !old && !f.printed[event.ID] && !seen[event.ID] {
				seen[event.ID] = true
				fresh = append(fresh, event)
			}
		}
		if next == "" || len(events) == 0 || old || len(fresh) > mostEvents {
			break
		}
		cursor = next
	}
	if len(fresh) == 0 {
		return nil
	}
	if err := f.write(fresh); err != nil {
		return err
	}
	for _, event := range fresh {
		f.printed[event.ID] = true
	}
	if later := fresh[0].At.Add(-overlap); later.After(f.since) {
		f.since = later
	}
	return nil
}

// write prints events, given the latest first, in the order in which they came.
func (f *following) write(events []pairing.Event) error {
	var b strings.Builder
	lines := json.NewEncoder(&b)
	lines.SetEscapeHTML(false)
	for i := len(events) - 1; i >= 0; i-- {
		if !f.json {
			b.WriteString(inLines(events[i], widthOf(f.env.stdout)))
		} else if err := lines.Encode(eventJSON(events[i])); err != nil {
			return err
		}
	}
	_, err := io.WriteString(f.env.stdout, b.String())
	return err
}

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
)

func newSessionsCommand(e *env) *cobra.Command {
	return newFamily(e, &cobra.Command{
		Use:     "sessions",
		Short:   "List the browsers where you are signed in, and sign them out",
		Example: "  ham sessions\n  ham sessions remove --all",
	}, newSessionsList, newSessionsRemove)
}

// sessionJSON is an element of ham sessions list --json; the latest used comes first.
type sessionJSON struct {
	ID      string    `json:"id"`
	Browser string    `json:"browser"` // by its own account
	Address string    `json:"address"`
	Method  string    `json:"method"` // how it signed in: app, passkey, phone or recovery
	Since   time.Time `json:"since"`
	Used    time.Time `json:"last_used_at"`
	ByThis  bool      `json:"by_this"` // this device signed it in
}

func newSessionsList(e *env, f *appFlags) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the browsers where you are signed in",
		Example: "  ham sessions list\n  ham sessions list --json | jq -r '.[].address'",
		Args:    noArguments, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: f.with(func(ctx context.Context, account *client.Account, _ []string) error {
			sessions, err := account.Sessions(ctx)
			if err != nil {
				return err
			}
			out := make([]sessionJSON, len(sessions))
			for i, s := range sessions {
				out[i] = sessionJSON(s)
			}
			return writeList(e, f.json, out, "No browser is signed in: open "+account.Server+"/account in one to sign it in.",
				&table{titles: []string{"BROWSER", "ADDRESS", "BY", "LAST USED", "ID"}, yields: []int{0, 1}}, func(s sessionJSON) []string {
					return []string{s.Browser, s.Address, s.Method, minute(s.Used), s.ID}
				})
		}),
	}
}

// asSession is named by its id alone: browsers are called alike.
func asSession(s pairing.BrowserSession) target {
	return target{id: s.ID, about: strings.TrimSpace(s.Browser + " " + s.Address)}
}

// endedJSON is the output of ham sessions remove --json.
type endedJSON struct {
	Removed []endedSessionJSON `json:"removed"`
}

type endedSessionJSON struct {
	ID      string `json:"id"`
	Browser string `json:"browser"`
	Address string `json:"address"`
}

func newSessionsRemove(e *env, f *appFlags) *cobra.Command {
	var every, yes bool
	cmd := &cobra.Command{
		Use:   "remove ID... | --all",
		Short: "Sign browsers out",
		Long: "remove signs browsers out, those whose ids are given or all. With --all it asks on a\n" +
			"terminal whether you are sure, and in a script wants --yes.",
		Example: "  ham sessions remove 7hq…\n  ham sessions remove --all --yes --json",
		Args: func(_ *cobra.Command, args []string) error {
			if every == (len(args) > 0) {
				return errors.New("give the id of a browser, or several, or --all")
			}
			return nil
		},
		ValidArgsFunction: complete(f, (*client.Account).Sessions, asSession),
		RunE: f.with(func(ctx context.Context, account *client.Account, args []string) error {
			if err := mayAsk(e, yes || !every); err != nil {
				return err
			}
			chosen, err := account.Sessions(ctx)
			if err != nil {
				return err
			}
			if !every {
				if chosen, err = pick(chosen, asSession, "a browser", args); err != nil {
					return err
				}
			}
			if every && len(chosen) > 0 {
				if err := confirm(ctx, e, yes, fmt.Sprintf("Sign out %s?", named(targets(chosen, asSession)))); err != nil {
					return err
				}
			}
			if len(chosen) == 0 && !f.json {
				_, err := fmt.Fprintln(e.stdout, "No browser is signed in.")
				return err
			}
			done, failed := each(chosen, func(s pairing.BrowserSession) error { return account.EndSession(ctx, s.ID) })
			return tell(e, f.json, done, failed,
				func(s pairing.BrowserSession) endedSessionJSON { return endedSessionJSON{s.ID, s.Browser, s.Address} },
				func(all []endedSessionJSON) any { return endedJSON{all} },
				func(s pairing.BrowserSession) string {
					return fmt.Sprintf("%s at %s is signed out.", s.Browser, s.Address)
				})
		}),
	}
	cmd.Flags().BoolVar(&every, "all", false, "all browsers")
	addYesFlag(cmd, &yes)
	return cmd
}

package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
)

func newNoticesCommand(e *env) *cobra.Command {
	var options client.Options
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "notices",
		Short: "List what happened to your account and was not seen here yet",
		Long: "notices lists what may be the work of somebody who is taking your account over: a new\n" +
			"passkey, a new Ham app, a recovery code that was used. Each stays, on every device\n" +
			"for itself, until it was marked as seen there with 'ham notices seen' or in the app.",
		Example: "  ham notices\n  ham notices --json | jq -r '.[].title'",
		GroupID: groupApp,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			return nil
		},
		SuggestionsMinimumDistance: 2,
		RunE: func(cmd *cobra.Command, _ []string) error {
			account, err := client.Load(options)
			if err != nil {
				return err
			}
			me, err := account.Me(cmd.Context())
			switch {
			case err != nil:
				return err
			case asJSON:
				return writeJSON(e.stdout, asNoticesJSON(me.Notices))
			case len(me.Notices) == 0:
				_, err = fmt.Fprintln(e.stdout, "Nothing new.")
				return err
			}
			return writeNotices(e.stdout, account, me.Notices, options, howToSee(options))
		},
	}
	addConfigFlag(cmd, &options)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON array, latest first")
	cmd.AddCommand(newNoticesSeenCommand(e))
	return cmd
}

func newNoticesSeenCommand(e *env) *cobra.Command {
	var options client.Options
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "seen [ID]...",
		Short: "Print what was not seen yet, and mark it as seen on this device",
		Long: "seen prints the notices and marks as seen what it has printed: all, or those whose ids are\n" +
			"given ('ham notices --json' has them). On your other devices they stay.",
		Example:           "  ham notices seen\n  ham notices seen gCXm5T…",
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			account, err := client.Load(options)
			if err != nil {
				return err
			}
			me, err := account.Me(cmd.Context())
			if err != nil {
				return err
			}
			notices, err := chosen(me.Notices, args)
			if err != nil {
				return err
			}
			switch {
			case asJSON:
				err = writeJSON(e.stdout, asNoticesJSON(notices))
			case len(notices) == 0:
				_, err = fmt.Fprintln(e.stdout, "Nothing new.")
			default:
				err = writeNotices(e.stdout, account, notices, options, "")
			}
			if err != nil {
				return err // nobody has read them
			}
			for _, n := range notices {
				if err := account.SeeNotice(cmd.Context(), n.ID); err != nil {
					return err
				}
			}
			return nil
		},
	}
	addConfigFlag(cmd, &options)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON array, latest first")
	return cmd
}

// chosen gives the notices with these ids, and all if there are none.
func chosen(all []pairing.Notice, ids []string) ([]pairing.Notice, error) {
	if len(ids) == 0 {
		return all, nil
	}
	for _, id := range ids {
		if !slices.ContainsFunc(all, func(n pairing.Notice) bool { return n.ID == id }) {
			return nil, usagef("there is no notice %q that was not seen here; 'ham notices --json' has their ids", id)
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(n pairing.Notice) bool { return !slices.Contains(ids, n.ID) }), nil
}

func howToSee(o client.Options) string {
	return "Once you have read it: ham notices seen" + sameAccount(o)
}

// sameAccount are the flags of a command for the same account.
func sameAccount(o client.Options) (flags string) {
	if o.Dir != "" {
		flags += " --config " + quote(o.Dir)
	}
	if o.Account != "" {
		flags += " --account " + quote(o.Account)
	}
	return flags
}

// writeNotices prints notices, what to do about them, and then, if it is not
// empty, how to go on.
func writeNotices(w io.Writer, account *client.Account, notices []pairing.Notice, o client.Options, then string) error {
	var b strings.Builder
	for _, n := range notices {
		fmt.Fprintf(&b, "! %s\n  %s\n", n.Title, strings.TrimSpace(n.At.Local().Format(time.DateTime)+" "+client.Origin(n)))
	}
	of := func(kind string) bool {
		return slices.ContainsFunc(notices, func(n pairing.Notice) bool { return n.Kind == kind })
	}
	if of(pairing.NoticeLeaving) { // first: nothing else helps for long
		fmt.Fprintf(&b, "If you want to keep the account: ham account keep%s\n", sameAccount(o))
	}
	if of(pairing.NoticeDevice) {
		fmt.Fprintf(&b, "If a new Ham app is not yours: ham devices remove NAME-OR-ID%s ('ham devices' lists them)\n", sameAccount(o))
	}
	fmt.Fprintf(&b, "If this was not you: open %s/account and remove what you do not know.\n", account.Server)
	if then != "" {
		b.WriteString(then + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// noticeJSON is a notice in the output of ham notices --json and ham whoami --json.
type noticeJSON struct {
	ID      string    `json:"id"`
	Kind    string    `json:"kind"`
	Title   string    `json:"title"`
	At      time.Time `json:"at"`
	Browser string    `json:"browser"`
	Address string    `json:"address"`
}

// asNoticesJSON never gives nil: nothing new is [], not null.
func asNoticesJSON(notices []pairing.Notice) []noticeJSON {
	out := make([]noticeJSON, len(notices))
	for i, n := range notices {
		out[i] = noticeJSON(n)
	}
	return out
}

package main

import (
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"hamconnect/server"
	"hamconnect/tui/client"
)

// wayJSON is a passkey or a Ham app of a person.
type wayJSON struct {
	ID      string     `json:"id"`
	Kind    string     `json:"kind"` // passkey or ham_app
	Name    string     `json:"name"`
	Created time.Time  `json:"created"`
	Used    *time.Time `json:"last_used,omitempty"`
}

func asWaysJSON(ways []server.WayIn) (out []wayJSON) {
	for _, w := range ways {
		j := wayJSON{ID: w.ID, Kind: "ham_app", Name: w.Name, Created: w.Created}
		if w.Passkey {
			j.Kind = "passkey"
		}
		if !w.Used.IsZero() {
			j.Used = &w.Used
		}
		out = append(out, j)
	}
	return out
}

// showWays lists by what a person can sign in.
func showWays(e *env, ways []server.WayIn) error {
	if len(ways) == 0 {
		return nil
	}
	table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\nSIGNS IN WITH\tNAME\tSINCE\tLAST USED\tID")
	for _, w := range ways {
		kind, used := "Ham app", "never"
		if w.Passkey {
			kind = "passkey"
		}
		if !w.Used.IsZero() {
			used = w.Used.Local().Format(time.DateTime)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", kind, orNone(client.Clean(w.Name)), w.Created.Local().Format(time.DateTime), used, w.ID)
	}
	return table.Flush()
}

// userState says whether a person may sign in.
func userState(u server.User) string {
	if !u.Disabled && !u.Leaves.IsZero() {
		return "leaving, deleted on " + u.Leaves.Local().Format(time.DateOnly)
	}
	return onOff(u.Disabled)
}

func newUserRemove(e *env, f *adminFlags) *cobra.Command {
	return &cobra.Command{
		Use:     "remove USER_ID ID",
		Short:   "Remove a Ham app or a passkey of a person, say a stolen one",
		Long:    "remove takes a Ham app or a passkey from a person, also the last one, and signs out the browsers that it had signed in. 'ham user show' lists the ids; 'ham user enroll' gives a link for a new Ham app.",
		Example: "  ham user remove 7hq… d4x…",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return errors.New("give a user id and the id of a Ham app or passkey, as 'ham user show USER_ID' lists them")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.with(cmd.Context(), func(a *server.Admin) error {
				if _, err := a.User(cmd.Context(), args[0]); err != nil {
					return noUser(err, args[0])
				}
				if err := a.RemoveWayIn(cmd.Context(), args[0], args[1]); err != nil {
					return notFound(err, "Ham app or passkey of this person with the id", args[1], "ham user show "+args[0])
				}
				return said(e, f, args[1], "id", "Removed; browsers that it had signed in are signed out.")
			})
		},
	}
}

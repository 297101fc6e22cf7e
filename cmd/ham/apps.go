package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
)

func newAppsCommand(e *env) *cobra.Command {
	return newFamily(e, &cobra.Command{
		Use:     "apps",
		Short:   "List the apps that know you, and take back what they may see",
		Example: "  ham apps\n  ham apps revoke \"Campus Library\"",
	}, newAppsList, newAppsRevoke)
}

// appJSON is an element of ham apps list --json, which is sorted by name.
type appJSON struct {
	ClientID string          `json:"client_id"`
	Name     string          `json:"name"`
	Host     string          `json:"host"` // of its homepage; may be empty
	Scopes   []pairing.Scope `json:"scopes"`
	Since    time.Time       `json:"since"`
	Used     time.Time       `json:"last_used_at"`
}

func newAppsList(e *env, f *appFlags) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the apps that know you, and what each may see",
		Example: "  ham apps list\n  ham apps list --json | jq -r '.[].name'",
		Args:    noArguments, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: f.with(func(ctx context.Context, account *client.Account, _ []string) error {
			apps, err := account.Apps(ctx)
			if err != nil {
				return err
			}
			out := make([]appJSON, len(apps))
			for i, a := range apps {
				out[i] = appJSON(a)
				out[i].Scopes = append([]pairing.Scope{}, a.Scopes...)
			}
			return writeList(e, f.json, out, "No app knows you yet: sign in to one, and approve it with 'ham approve' or in 'ham app'.",
				&table{titles: []string{"NAME", "MAY SEE", "LAST USED", "ID"}, yields: []int{0, 1}}, func(a appJSON) []string {
					var scopes []string
					for _, s := range a.Scopes {
						scopes = append(scopes, s.Name)
					}
					return []string{a.Name, orNone(strings.Join(scopes, ", ")), minute(a.Used), a.ClientID}
				})
		}),
	}
}

func asApp(a pairing.AppGrant) target { return target{id: a.ClientID, name: a.Name} }

// revokedJSON is the output of ham apps revoke --json.
type revokedJSON struct {
	Revoked []revokedAppJSON `json:"revoked"`
}

type revokedAppJSON struct {
	ClientID string `json:"client_id"`
	Name     string `json:"name"`
}

func newAppsRevoke(e *env, f *appFlags) *cobra.Command {
	return &cobra.Command{
		Use:   "revoke NAME-OR-ID...",
		Short: "Take back what apps may see",
		Long: "revoke ends what apps may see of you, and their tokens, at once. They keep what they\n" +
			"have seen. The next sign-in asks you again. It does not ask whether you are sure.",
		Example:           "  ham apps revoke \"Campus Library\"\n  ham apps revoke k3v… 7hq… --json",
		Args:              atLeastOne("the name or id of an app"),
		ValidArgsFunction: complete(f, (*client.Account).Apps, asApp),
		RunE: f.with(func(ctx context.Context, account *client.Account, args []string) error {
			apps, err := account.Apps(ctx)
			if err != nil {
				return err
			}
			chosen, err := pick(apps, asApp, "an app", args)
			if err != nil {
				return err
			}
			done, failed := each(chosen, func(a pairing.AppGrant) error { return account.Revoke(ctx, a.ClientID) })
			return tell(e, f.json, done, failed,
				func(a pairing.AppGrant) revokedAppJSON { return revokedAppJSON{a.ClientID, a.Name} },
				func(all []revokedAppJSON) any { return revokedJSON{all} },
				func(a pairing.AppGrant) string { return fmt.Sprintf("%s may see nothing any more.", a.Name) })
		}),
	}
}

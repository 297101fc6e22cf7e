package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
)

func newDevicesCommand(e *env) *cobra.Command {
	return newFamily(e, &cobra.Command{
		Use:     "devices",
		Short:   "List the Ham apps that are signed in for you, and remove one",
		Example: "  ham devices\n  ham devices remove \"old phone\"",
	}, newDevicesList, newDevicesRemove)
}

// deviceJSON is an element of ham devices list --json; the oldest comes first.
type deviceJSON struct {
	ID    string     `json:"id"`
	Name  string     `json:"name"`
	Since time.Time  `json:"since"`
	Used  *time.Time `json:"last_used_at,omitempty"` // to within an hour; left out before the first call
	This  bool       `json:"this"`                   // the one that asks
}

func newDevicesList(e *env, f *appFlags) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the Ham apps that are signed in for you",
		Long:    "list shows the Ham apps that are signed in for you. An asterisk marks this one.",
		Example: "  ham devices list\n  ham devices list --json | jq -r '.[] | select(.this).name'",
		Args:    noArguments, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: f.with(func(ctx context.Context, account *client.Account, _ []string) error {
			devices, err := account.Devices(ctx)
			if err != nil {
				return err
			}
			out := make([]deviceJSON, len(devices))
			for i, d := range devices {
				out[i] = deviceJSON(d)
			}
			return writeList(e, f.json, out, "No Ham app is signed in.",
				&table{titles: []string{" ", "NAME", "SINCE", "LAST USED", "ID"}, yields: []int{1}}, func(d deviceJSON) []string {
					return []string{mark(d.This), d.Name, minute(d.Since), minuteOrNever(d.Used), d.ID}
				})
		}),
	}
}

func mark(yes bool) string {
	if yes {
		return "*"
	}
	return " "
}

func asDevice(d pairing.HamApp) target { return target{id: d.ID, name: d.Name} }

// removedJSON is the output of ham devices remove --json and of
// ham passkeys remove --json.
type removedJSON struct {
	Removed []namedJSON `json:"removed"`
}

type namedJSON struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func removed(all []namedJSON) any { return removedJSON{all} }

func newDevicesRemove(e *env, f *appFlags) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "remove NAME-OR-ID...",
		Short: "Sign other Ham apps out, say that of a lost phone",
		Long: "remove signs Ham apps out, and the browsers that they had signed in. To get one back\n" +
			"it takes a new enrol link. This device is signed out with 'ham logout'. On a terminal\n" +
			"remove asks whether you are sure; in a script it wants --yes.",
		Example:           "  ham devices remove \"old phone\"\n  ham devices remove d4x… --yes --json",
		Args:              atLeastOne("the name or id of a Ham app"),
		ValidArgsFunction: complete(f, (*client.Account).Devices, asDevice),
		RunE: f.with(func(ctx context.Context, account *client.Account, args []string) error {
			if err := mayAsk(e, yes); err != nil {
				return err
			}
			devices, err := account.Devices(ctx)
			if err != nil {
				return err
			}
			chosen, err := pick(devices, asDevice, "a Ham app", args)
			if err != nil {
				return err
			}
			if i := slices.IndexFunc(chosen, func(d pairing.HamApp) bool { return d.This }); i >= 0 {
				return usagef("%q is this device: sign it out with 'ham logout'", chosen[i].Name)
			}
			if err := confirm(ctx, e, yes, fmt.Sprintf("Remove %s?", named(targets(chosen, asDevice)))); err != nil {
				return err
			}
			done, failed := each(chosen, func(d pairing.HamApp) error { return account.RemoveDevice(ctx, d.ID) })
			return tell(e, f.json, done, failed,
				func(d pairing.HamApp) namedJSON { return namedJSON{d.ID, d.Name} }, removed,
				func(d pairing.HamApp) string {
					return fmt.Sprintf("%s is signed out, and the browsers that it had signed in.", d.Name)
				})
		}),
	}
	addYesFlag(cmd, &yes)
	return cmd
}

func addYesFlag(cmd *cobra.Command, yes *bool) {
	cmd.Flags().BoolVarP(yes, "yes", "y", false, "do not ask whether you are sure")
}

package main

import (
	"errors"
	"fmt"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"hamconnect/server"
	"hamconnect/tui/client"
)

func newScopeCommand(e *env) *cobra.Command {
	f := &adminFlags{}
	cmd := &cobra.Command{
		Use:   "scope",
		Short: "Define what apps of the openmaster dialect can ask for",
		Long: "scope defines further scopes beside \"user\" and \"brand\", with what people are told\n" +
			"before they allow them. What such a scope opens is up to your own services.",
		Example: "  ham scope add reports --text-en \"Read your reports\" --text-zh 读取你的报告 --text-ja レポートの閲覧\n  ham scope list",
		GroupID: groupServer,
	}
	f.add(cmd)
	cmd.AddCommand(newScopeAdd(e, f), newScopeList(e, f), newScopeRemove(e, f))
	return cmd
}

func newScopeAdd(e *env, f *adminFlags) *cobra.Command {
	var s server.CustomScope
	cmd := &cobra.Command{
		Use:     "add NAME --text-en TEXT --text-zh TEXT --text-ja TEXT",
		Short:   "Define a scope, or change its texts",
		Example: "  ham scope add reports --text-en \"Read your reports\" --text-zh 读取你的报告 --text-ja レポートの閲覧",
		Args:    exactlyOne("a name"),
		RunE: func(cmd *cobra.Command, args []string) error {
			s.Name = args[0]
			if s.En == "" || s.Zh == "" || s.Ja == "" {
				return usagef("give --text-en, --text-zh and --text-ja: people are told in their own language what they allow")
			}
			if err := s.Validate(); err != nil {
				return &usageError{err}
			}
			f.makes = true
			return f.with(cmd.Context(), func(a *server.Admin) error {
				if err := a.SetScope(cmd.Context(), s); err != nil {
					return err
				}
				return said(e, f, s.Name, "scope", fmt.Sprintf("Defined. Let an app ask for it by naming all of its scopes: ham client update CLIENT_ID --scope user,brand,%s", s.Name))
			})
		},
	}
	cmd.Flags().StringVar(&s.En, "text-en", "", "what people are told, in English")
	cmd.Flags().StringVar(&s.Zh, "text-zh", "", "the same in Chinese")
	cmd.Flags().StringVar(&s.Ja, "text-ja", "", "the same in Japanese")
	return cmd
}

// scopeJSON is how a scope is shown.
type scopeJSON struct {
	Scope string `json:"scope"`
	En    string `json:"text_en"`
	Zh    string `json:"text_zh"`
	Ja    string `json:"text_ja"`
}

func newScopeList(e *env, f *adminFlags) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the scopes that you have defined", Example: "  ham scope list --json", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.with(cmd.Context(), func(a *server.Admin) error {
				all, err := a.CustomScopes(cmd.Context())
				if err != nil {
					return err
				}
				if f.json {
					out := make([]scopeJSON, len(all))
					for i, s := range all {
						out[i] = scopeJSON{s.Name, s.En, s.Zh, s.Ja}
					}
					return writeJSON(e.stdout, out)
				}
				if len(all) == 0 {
					_, err := fmt.Fprintln(e.stdout, "None yet; apps can ask for user and brand. Define one: ham scope add NAME --text-en TEXT --text-zh TEXT --text-ja TEXT")
					return err
				}
				table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
				fmt.Fprintln(table, "SCOPE\tENGLISH\tCHINESE\tJAPANESE")
				for _, s := range all {
					fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", s.Name, client.Clean(s.En), client.Clean(s.Zh), client.Clean(s.Ja))
				}
				return table.Flush()
			})
		},
	}
}

func newScopeRemove(e *env, f *adminFlags) *cobra.Command {
	return &cobra.Command{
		Use: "remove NAME", Short: "Forget a scope that no app is registered for", Example: "  ham scope remove reports", Args: exactlyOne("a name"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.with(cmd.Context(), func(a *server.Admin) error {
				if slices.Contains(server.OpenMasterScopes(), args[0]) {
					return fmt.Errorf("the scope %s is built in and stays; 'ham client update CLIENT_ID --scope …' says what an app may ask for", args[0])
				}
				err := a.RemoveScope(cmd.Context(), args[0])
				var used *server.ScopeInUse
				if errors.As(err, &used) {
					return fmt.Errorf("the scope %s stays: %w", args[0], used)
				}
				if err != nil {
					return notFound(err, "scope", args[0], "ham scope list")
				}
				return said(e, f, args[0], "scope", "Forgotten.")
			})
		},
	}
}

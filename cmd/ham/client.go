package main

import (
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"hamconnect/server"
	"hamconnect/tui/client"
)

func newClientCommand(e *env) *cobra.Command {
	f := &adminFlags{}
	cmd := &cobra.Command{
		Use:     "client",
		Short:   "Register and change third-party apps",
		Long:    "client registers the apps that people sign in to. It works beside a running\nserver, which sees every change at once.",
		Example: "  ham client add --name \"Campus Library\" --redirect-uri https://library.example/callback\n  ham client list",
		GroupID: groupServer,
	}
	f.add(cmd)
	cmd.AddCommand(
		newClientAdd(e, f), newClientList(e, f), newClientShow(e, f), newClientUpdate(e, f),
		newClientRotate(e, f), newClientSwitch(e, f, "disable", true), newClientSwitch(e, f, "enable", false), newClientDelete(e, f),
	)
	return cmd
}

func newClientAdd(e *env, f *adminFlags) *cobra.Command {
	var c clientFlags
	cmd := &cobra.Command{
		Use:   "add --name NAME --redirect-uri URI | --dialect openmaster --name NAME --callback URI",
		Short: "Register an app and show its secret, once",
		Example: "  ham client add --name \"Campus Library\" --redirect-uri http://localhost:3000/callback --scope profile --json\n" +
			"  ham client add --dialect openmaster --name \"Campus Library\" --callback http://localhost:3000/callback",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			registered, err := c.fresh(cmd.Flags().Changed)
			if err != nil {
				return err
			}
			f.makes = true
			return f.with(cmd.Context(), func(a *server.Admin) error {
				if err := c.scopes(cmd.Context(), a, &registered); err != nil {
					return err
				}
				added, secret, err := a.AddClient(cmd.Context(), registered)
				if err != nil {
					return err
				}
				warnOfPlainHTTP(e, added)
				return writeSecret(e.stdout, f.json, added.ID, secret.Reveal())
			})
		},
	}
	c.add(cmd.Flags())
	cmd.Flags().StringVar(&c.dialect, "dialect", string(server.Ham), "ham, or openmaster for apps that were written for OpenMaster's OAuth; it cannot be changed later")
	return cmd
}

// warnOfPlainHTTP says what comes of a callback that OpenMaster's document
// allows and everybody else advises against.
func warnOfPlainHTTP(e *env, c server.Client) {
	u, err := url.Parse(c.RedirectURIs[0])
	if err != nil || c.Dialect != server.OpenMaster {
		return
	}
	ip := net.ParseIP(u.Hostname())
	if here := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback(); u.Scheme == "http" && !here {
		fmt.Fprintln(e.stderr, "ham: the callback is plain http: codes and tokens can be read on the way, and a server with a public https address sends nobody there")
	}
}

func writeSecret(w io.Writer, asJSON bool, id, secret string) error {
	if asJSON {
		return writeJSON(w, map[string]string{"client_id": id, "client_secret": secret})
	}
	_, err := fmt.Fprintf(w, "client_id      %s\nclient_secret  %s\n\nKeep the secret on your server only. It is shown this once; 'ham client rotate-secret %s' makes a new one.\n", id, secret, id)
	return err
}

// clientJSON is how a client is shown; it holds no secret.
type clientJSON struct {
	ClientID       string    `json:"client_id"`
	Dialect        string    `json:"dialect"`
	Name           string    `json:"name"`
	RedirectURIs   []string  `json:"redirect_uris"`
	Scopes         []string  `json:"scopes"`
	IconURL        string    `json:"icon_url,omitempty"`
	Homepage       string    `json:"homepage,omitempty"`
	Userinfo       string    `json:"userinfo"`
	RedirectErrors bool      `json:"redirect_errors"`
	RequirePKCE    bool      `json:"require_pkce"`
	Implicit       bool      `json:"allow_implicit"`
	Password       bool      `json:"allow_password"`
	QueryToken     bool      `json:"allow_query_token"`
	Disabled       bool      `json:"disabled"`
	Created        time.Time `json:"created"`
}

func asClientJSON(c server.Client) clientJSON {
	return clientJSON{
		c.ID, string(c.Dialect), c.Name, c.RedirectURIs, append([]string{}, c.Scopes...), c.IconURL, c.Homepage, string(c.UserinfoAuth),
		c.RedirectErrors, c.RequirePKCE, c.Implicit, c.Password, c.QueryToken, c.Disabled, c.Created,
	}
}

func newClientList(e *env, f *adminFlags) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List all apps", Example: "  ham client list --json", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.with(cmd.Context(), func(a *server.Admin) error {
				all, err := a.Clients(cmd.Context())
				if err != nil {
					return err
				}
				if f.json {
					out := make([]clientJSON, len(all))
					for i, c := range all {
						out[i] = asClientJSON(c)
					}
					return writeJSON(e.stdout, out)
				}
				if len(all) == 0 {
					_, err := fmt.Fprintln(e.stdout, "No apps yet. Register one: ham client add --name NAME --redirect-uri URI")
					return err
				}
				table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
				fmt.Fprintln(table, "CLIENT ID\tNAME\tSTATE\tDIALECT\tREDIRECT URIS")
				for _, c := range all {
					fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", c.ID, client.Clean(c.Name), onOff(c.Disabled), c.Dialect, strings.Join(c.RedirectURIs, " "))
				}
				return table.Flush()
			})
		},
	}
}

func onOff(disabled bool) string {
	if disabled {
		return "disabled"
	}
	return "enabled"
}

func newClientShow(e *env, f *adminFlags) *cobra.Command {
	return &cobra.Command{
		Use: "show CLIENT_ID", Short: "Show one app", Example: "  ham client show k3v…", Args: exactlyOne("a client id"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.with(cmd.Context(), func(a *server.Admin) error {
				c, err := a.Client(cmd.Context(), args[0])
				if err != nil {
					return noClient(err, args[0])
				}
				return showClient(e, f, c)
			})
		},
	}
}

func showClient(e *env, f *adminFlags, c server.Client) error {
	if f.json {
		return writeJSON(e.stdout, asClientJSON(c))
	}
	table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "client_id\t%s\ndialect\t%s\nname\t%s\nstate\t%s\n", c.ID, c.Dialect, client.Clean(c.Name), onOff(c.Disabled))
	if c.Dialect == server.OpenMaster {
		fmt.Fprintf(table, "callback\t%s\nimplicit\t%t\npassword grant\t%t\ntoken in URLs\t%t\n", strings.Join(c.RedirectURIs, "\n\t"), c.Implicit, c.Password, c.QueryToken)
	} else {
		fmt.Fprintf(table, "redirect URIs\t%s\nuserinfo\t%s\nredirect errors\t%t\n", strings.Join(c.RedirectURIs, "\n\t"), c.UserinfoAuth, c.RedirectErrors)
	}
	fmt.Fprintf(table, "require PKCE\t%t\nscopes\t%s\nicon\t%s\nhomepage\t%s\ncreated\t%s\n", c.RequirePKCE,
		orNone(strings.Join(c.Scopes, ", ")), orNone(c.IconURL), orNone(c.Homepage), c.Created.Local().Format(time.DateTime))
	return table.Flush()
}

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}

func noClient(err error, id string) error {
	return notFound(err, "app with the client id", id, "ham client list")
}

func newClientUpdate(e *env, f *adminFlags) *cobra.Command {
	var c clientFlags
	cmd := &cobra.Command{
		Use:     "update CLIENT_ID",
		Short:   "Change what an app is registered with",
		Long:    "update changes what its flags name and leaves the rest. --redirect-uri replaces\nall that there were. Sign-ins under way keep what they began with.",
		Example: "  ham client update k3v… --name \"Library\" --require-pkce",
		Args:    exactlyOne("a client id"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !anyFlag(cmd) {
				return usagef("say what to change, such as --name")
			}
			return f.with(cmd.Context(), func(a *server.Admin) error {
				before, err := a.Client(cmd.Context(), args[0])
				if err != nil {
					return noClient(err, args[0])
				}
				given := cmd.Flags().Changed
				if given("scope") {
					if err := c.scopes(cmd.Context(), a, &before); err != nil {
						return err
					}
				}
				var wrong error
				changed, err := a.UpdateClient(cmd.Context(), args[0], func(to *server.Client) {
					if given("scope") {
						to.Scopes = before.Scopes
					}
					wrong = c.apply(to, given)
				})
				if wrong != nil {
					return wrong
				}
				if err != nil {
					return noClient(err, args[0])
				}
				if given("callback") {
					warnOfPlainHTTP(e, changed)
				}
				return showClient(e, f, changed)
			})
		},
	}
	c.add(cmd.Flags())
	return cmd
}

func newClientRotate(e *env, f *adminFlags) *cobra.Command {
	return &cobra.Command{
		Use: "rotate-secret CLIENT_ID", Short: "Give an app a new secret; the old one stops working at once",
		Example: "  ham client rotate-secret k3v… --json", Args: exactlyOne("a client id"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.with(cmd.Context(), func(a *server.Admin) error {
				secret, err := a.RotateSecret(cmd.Context(), args[0])
				if err != nil {
					return noClient(err, args[0])
				}
				return writeSecret(e.stdout, f.json, args[0], secret.Reveal())
			})
		},
	}
}

func newClientSwitch(e *env, f *adminFlags, name string, disabled bool) *cobra.Command {
	short := "Let an app work again"
	if disabled {
		short = "Stop an app: nobody signs in to it, its tokens are refused"
	}
	return &cobra.Command{
		Use: name + " CLIENT_ID", Short: short, Example: "  ham client " + name + " k3v…", Args: exactlyOne("a client id"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.with(cmd.Context(), func(a *server.Admin) error {
				c, err := a.UpdateClient(cmd.Context(), args[0], func(c *server.Client) { c.Disabled = disabled })
				if err != nil {
					return noClient(err, args[0])
				}
				return said(e, f, c.ID, "client_id", fmt.Sprintf("%s is %s.", client.Clean(c.Name), onOff(c.Disabled)))
			})
		},
	}
}

func newClientDelete(e *env, f *adminFlags) *cobra.Command {
	return &cobra.Command{
		Use: "delete CLIENT_ID", Short: "Remove an app with its codes and tokens", Example: "  ham client delete k3v…", Args: exactlyOne("a client id"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.with(cmd.Context(), func(a *server.Admin) error {
				if err := a.DeleteClient(cmd.Context(), args[0]); err != nil {
					return noClient(err, args[0])
				}
				return said(e, f, args[0], "client_id", "Deleted.")
			})
		},
	}
}

// said writes a short success: a sentence, or the id of what was changed.
func said(e *env, f *adminFlags, id, key, sentence string) error {
	if f.json {
		return writeJSON(e.stdout, map[string]string{key: id})
	}
	_, err := fmt.Fprintln(e.stdout, sentence)
	return err
}

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"hamconnect/tui/client"
)

// approveOutput prints the steps of ham approve, for people or for programs.
type approveOutput struct {
	steps  *json.Encoder // nil for people
	people io.Writer     // nil if nobody reads
}

func newApproveOutput(e *env, asJSON bool) approveOutput {
	if !asJSON {
		return approveOutput{people: e.stdout}
	}
	out := approveOutput{steps: json.NewEncoder(e.stdout)}
	out.steps.SetEscapeHTML(false)
	if e.interactive {
		out.people = e.stderr // who is asked must see what
	}
	return out
}

// askedStep is the first line of --json: "claimed", or "asked" for a deep
// link, which claims nothing.
type askedStep struct {
	State        string   `json:"state"`
	App          string   `json:"app"`
	ClientID     string   `json:"client_id"`
	RedirectHost string   `json:"redirect_host"`
	Username     string   `json:"username,omitempty"` // that the app gets whatever it asks for
	Scopes       []string `json:"scopes"`
	Browser      string   `json:"browser,omitempty"`
	Address      string   `json:"address,omitempty"`
	ExpiresIn    int      `json:"expires_in,omitempty"`
	PairingID    string   `json:"pairing_id,omitempty"`
	Kind         string   `json:"kind"` // authorize; sign_in or ticket: then there is no app

	Since *time.Time `json:"since,omitempty"` // when the browser of a ticket began to ask
}

// doneStep is the last line of --json.
type doneStep struct {
	State       string    `json:"state"`            // approved or denied
	Scopes      *[]string `json:"scopes,omitempty"` // with approved; may be empty
	RedirectURL string    `json:"redirect_url,omitempty"`
}

func (o approveOutput) asked(account *client.Account, ask *client.Ask) error {
	if o.steps != nil {
		step := askedStep{
			State: "asked", Kind: string(ask.Kind), App: ask.AppName, ClientID: ask.ClientID,
			RedirectHost: ask.RedirectHost(), Username: ask.Username, Scopes: ask.ScopeNames(),
		}
		if ask.IsPairing() {
			step.State, step.PairingID, step.ExpiresIn = "claimed", ask.PairingID, ask.Status.ExpiresIn
		}
		if ask.Browser != nil {
			step.Browser, step.Address = ask.Browser.Name, ask.Browser.Address
		}
		step.Since = ask.Since
		if err := o.steps.Encode(step); err != nil {
			return err
		}
	}
	if o.people == nil {
		return nil
	}
	var b strings.Builder
	if ask.IsSignIn() {
		fmt.Fprintf(&b, "A browser asks to be signed in to the account of %s.\n", account.Name())
	} else {
		fmt.Fprintf(&b, "%s asks to sign in %s.\n", ask.AppName, account.Name())
		fmt.Fprintf(&b, "  It goes back to  %s\n", ask.RedirectHost())
	}
	if ask.Browser != nil {
		fmt.Fprintf(&b, "  Asked by         %s at %s\n", ask.Browser.Name, ask.Browser.Address)
	}
	if ask.IsTicket() {
		fmt.Fprintf(&b, "  Asking since     %s\n", sinceWhen(*ask.Since))
	}
	if ask.IsPairing() {
		fmt.Fprintf(&b, "  Time left        %d s\n", ask.Status.ExpiresIn)
	}
	if ask.Status.Contested > 0 {
		b.WriteString("  Careful: another device scanned this code too. If the desktop is not yours, refuse.\n")
	}
	if ask.IsSignIn() {
		b.WriteString("It will be able to do there all that you can. No app gets anything.\n")
		_, err := io.WriteString(o.people, b.String())
		return err
	}
	b.WriteString("It wants to know:\n")
	for _, s := range ask.Scopes {
		fmt.Fprintf(&b, "  %-12s %s\n", s.Name, strings.TrimSuffix(s.Title+": "+s.Reveals, ": "))
	}
	if ask.Username != "" {
		fmt.Fprintf(&b, "  and always your username %s, and an id of you that is made for this app alone.\n", ask.Username)
	} else {
		b.WriteString("  and always an id of you that is made for this app alone.\n")
	}
	_, err := io.WriteString(o.people, b.String())
	return err
}

// approved is told the ask as well, since a browser's own sign-in grants no
// scopes that could be listed.
func (o approveOutput) approved(ask *client.Ask, scopes []string, redirect string) error {
	if o.steps != nil {
		scopes = append([]string{}, scopes...) // none is [], not null
		if err := o.steps.Encode(doneStep{State: "approved", Scopes: &scopes, RedirectURL: redirect}); err != nil {
			return err
		}
	}
	what := strings.Join(scopes, ", ")
	switch {
	case ask.IsSignIn():
		what = "the browser is signed in"
	case what == "" && ask.Username != "":
		what = "nothing but the username and the id"
	case what == "":
		what = "nothing but the id"
	}
	return o.end("Approved: "+what+".", redirect)
}

func (o approveOutput) denied(redirect string) error {
	if o.steps != nil {
		if err := o.steps.Encode(doneStep{State: "denied", RedirectURL: redirect}); err != nil {
			return err
		}
	}
	return o.end("Refused.", redirect)
}

func (o approveOutput) end(text, redirect string) error {
	if o.people == nil {
		return nil
	}
	if redirect != "" {
		text += "\nGo on at " + redirect
	}
	_, err := fmt.Fprintln(o.people, text)
	return err
}

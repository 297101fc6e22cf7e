package main

import (
	"encoding/json"
	"io"
	"sync"
	"time"

	"hamconnect/tui/client"
)

// watchOutput prints what ham watch does, a JSON object a line.
type watchOutput struct {
	mu    sync.Mutex // guards lines
	lines *json.Encoder
}

func newWatchOutput(w io.Writer) *watchOutput {
	lines := json.NewEncoder(w)
	lines.SetEscapeHTML(false)
	return &watchOutput{lines: lines}
}

// lockedWriter is for several goroutines.
type lockedWriter struct {
	mu sync.Mutex // guards w
	w  io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// watchHead begins every line.
type watchHead struct {
	Event string    `json:"event"`
	Time  time.Time `json:"time"`
}

func head(event string) watchHead { return watchHead{event, time.Now().UTC()} }

type watchReady struct {
	watchHead
	Server   string   `json:"server"`
	Nickname string   `json:"nickname"`
	Rules    int      `json:"rules"`
	From     []string `json:"from"`
}

// watchAsked is what a sign-in is about.
type watchAsked struct {
	From         string   `json:"from"`
	File         string   `json:"file,omitempty"`
	PairingID    string   `json:"pairing_id"`
	Kind         string   `json:"kind"` // authorize; sign_in or ticket: then there is no app
	ClientID     string   `json:"client_id"`
	AppName      string   `json:"app_name"`
	RedirectHost string   `json:"redirect_host"`
	Scopes       []string `json:"scopes"`
	Browser      string   `json:"browser"`
	Address      string   `json:"address"`
}

type watchClaimed struct {
	watchHead
	Action string `json:"action"` // what the rules say: allow, deny or ask
	Rule   int    `json:"rule"`   // 0 if none matched
	watchAsked
	ExpiresIn int `json:"expires_in"`
}

type watchDecided struct {
	watchHead
	Action string `json:"action"` // allow, deny, or failed: the server took neither
	Rule   int    `json:"rule"`
	watchAsked
	Granted []string `json:"granted"`
	Reason  string   `json:"reason,omitempty"` // of a refusal
	Error   string   `json:"error,omitempty"`  // with failed
}

type watchFailed struct {
	watchHead
	From  string `json:"from"`
	File  string `json:"file,omitempty"`
	Error string `json:"error"`
}

func (o *watchOutput) print(line any) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.lines.Encode(line)
}

func (o *watchOutput) ready(server, nickname string, rules int, from []string) error {
	return o.print(watchReady{head("ready"), server, nickname, rules, from})
}

func (o *watchOutput) claimed(t *turn) error {
	return o.print(watchClaimed{head("claimed"), string(t.decision.Action), t.decision.Rule, asWatched(t), t.ask.Status.ExpiresIn})
}

func (o *watchOutput) allowed(t *turn) error {
	line := watchDecided{watchHead: head("decided"), Action: "allow", Rule: t.decision.Rule, watchAsked: asWatched(t)}
	line.Granted = append([]string{}, t.decision.Scopes...) // none is [], not null
	return o.print(line)
}

func (o *watchOutput) denied(t *turn, reason string) error {
	return o.print(watchDecided{head("decided"), "deny", t.decision.Rule, asWatched(t), []string{}, reason, ""})
}

// undecided says that the server took neither an approval nor a refusal.
func (o *watchOutput) undecided(t *turn, reason string, err error) error {
	return o.print(watchDecided{head("decided"), "failed", t.decision.Rule, asWatched(t), []string{}, reason, client.Clean(err.Error())})
}

// failed says that something was found and could not be claimed.
func (o *watchOutput) failed(s sighting, err error) error {
	return o.print(watchFailed{head("error"), s.from, client.Clean(s.file), client.Clean(err.Error())})
}

func asWatched(t *turn) watchAsked {
	return watchAsked{
		From: t.s.from, File: client.Clean(t.s.file), PairingID: t.ask.PairingID, Kind: string(t.ask.Kind),
		ClientID: t.ask.ClientID, AppName: t.ask.AppName, RedirectHost: t.ask.RedirectHost(), Scopes: t.ask.ScopeNames(),
		Browser: t.ask.Browser.Name, Address: t.ask.Browser.Address,
	}
}

package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"hamconnect/server"
	"hamconnect/tui/client"
)

// narrator tells what happens in a demo, a line for each step. It is the
// provider's log in plain words; secrets are shortened there already.
type narrator struct {
	to    io.Writer
	quiet bool // the Ham app has the terminal

	mu sync.Mutex // one line at a time
}

func (n *narrator) line(format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.quiet {
		return
	}
	fmt.Fprintf(n.to, "  %s  %s\n", time.Now().Format(time.TimeOnly), fmt.Sprintf(format, args...))
}

func (n *narrator) say(format string, args ...any) { fmt.Fprintf(n.to, format, args...) }

// welcome says what to open and what to type; console is the client_id of Ham
// Web's own, if there is one.
func (n *narrator) welcome(s *stage, o demoOptions, console string) {
	if n.quiet {
		return
	}
	command := thisCommand()
	n.say("\n  Ham Connect demo\n\n  1. Open     %s\n              and choose \"Sign in with Ham\".\n", s.libraryURL)
	if o.approve {
		n.say("  2. Watch    Lin's phone scans the code and approves by itself.\n")
	} else {
		n.say("  2. Scan     In a second terminal start Lin's phone:\n\n                %s app --config %s\n\n", command, quote(s.configFolder))
		n.say("              and paste the link from the page, or give it a screenshot of the code.\n")
		n.say("              Or without a screen:\n\n                %s approve LINK --config %s\n\n", command, quote(s.configFolder))
		n.say("  3. Approve  Type the number that the page then shows.\n")
	}
	if console != "" {
		n.besideHamWeb(s, o, console)
	}
	back := "--redirect-uri"
	if s.dialect == server.OpenMaster {
		back = "--dialect openmaster --callback"
	}
	n.say("\n  Your own app can take part as well. Register it:\n\n                %s client add --data %s --name \"My App\" %s http://localhost:3000/callback\n", command, quote(s.dataFolder), back)
	n.say("\n  The provider is %s. Ctrl-C ends the demo.\n\n  What happens:\n", s.publicURL)
}

// thisCommand is how this program was started, as far as one can tell.
func thisCommand() string {
	name := os.Args[0]
	if strings.Contains(name, string(filepath.Separator)+"go-build") { // by go run
		return "go run ./cmd/ham"
	}
	return quote(name)
}

func quote(word string) string {
	if strings.ContainsAny(word, " '\"\\$`&|;<>()*?[]#~") {
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	return word
}

// logger gives a logger that narrates.
func (n *narrator) logger() *slog.Logger { return slog.New(narratorHandler{n, nil}) }

// sentences are the log's messages as the demo tells them; {name} stands for
// an attribute. A message that is not here is left out, unless it is a warning.
var sentences = map[string]string{
	"sign-in page":                    "The browser came to the sign-in page for {app}, which asks for: {scopes}",
	"pairing begun":                   "The page connected and shows its QR code ({browser}, {address})",
	"scanned":                         "{user}'s {device} scanned it; the page shows the check number",
	"wrong check number":              "A wrong number was typed; {tries_left} tries left",
	"ticket made":                     "Ham Web shows a QR code that signs a browser in ({browser}, {address})",
	"ticket scanned":                  "{user}'s {device} scanned it; the app asks twice, as there is no number",
	"browser signed in by a ticket":   "The browser is signed in to Ham Web ({browser}, {address})",
	"signed in to the console":        "{user} signed in to Ham Web's console ({browser}, {address})",
	"approved in the app":             "Approved in the app: {scopes}",
	"denied in the app":               "Refused in the app",
	"approved in the phone's browser": "Approved in the phone's browser: {scopes}",
	"denied in the phone's browser":   "Refused in the phone's browser",
	"cancelled on the desktop":        "Cancelled on the desktop",
	"signed in with a passkey":        "{user} signed in to the provider with a passkey ({browser}, {address})",
	"signed in with a recovery code":  "{user} signed in to the provider with a recovery code ({browser}, {address})",
	"recovery code refused":           "A recovery code was refused ({address})",
	"passkey refused":                 "A passkey was refused: {reason}",
	"passkey added":                   "{user} added a passkey: {name}",
	"link for a passkey made":         "{user}'s {device} made a link that adds a passkey to a browser",
	"recovery codes made":             "{user} made new recovery codes",
	"account deactivated":             "{user} deactivated the account",
	"account kept":                    "{user} keeps the account",
	"browser signed in":               "The browser is signed in to the person's own account page ({browser}, {address})",
	"code issued":                     "The browser goes back to {app} with an authorization code (SHA-256 {code}…)",
	"code exchanged":                  "The app's server exchanged code {code}… for an access token (SHA-256 {token}…): {scopes}",
	"token refreshed":                 "The app's server swapped its refresh token for new tokens (access token SHA-256 {token}…)",
	"legacy use":                      "{app} used a part of OpenMaster's OAuth that RFC 9700 advises against: {what} ({address})",
	"userinfo read":                   "The app's server read the person's data with token {token}…",

	// of browsers that are signed in to an account, where no app asks
	"sign-in approved in the app":             "Approved in the app",
	"sign-in denied in the app":               "Refused in the app",
	"sign-in approved in the phone's browser": "Approved in the phone's browser",
	"sign-in denied in the phone's browser":   "Refused in the phone's browser",
}

// narratorHandler is a slog.Handler.
type narratorHandler struct {
	narrator *narrator
	attrs    []slog.Attr
}

func (narratorHandler) Enabled(context.Context, slog.Level) bool { return true }

func (h narratorHandler) Handle(_ context.Context, r slog.Record) error {
	attrs := h.attrs
	r.Attrs(func(a slog.Attr) bool {
		attrs = append(attrs, a)
		return true
	})
	sentence, ok := sentences[r.Message]
	if !ok {
		if r.Level < slog.LevelWarn {
			return nil
		}
		sentence = r.Message
		for _, a := range attrs {
			sentence += " " + a.Key + "={" + a.Key + "}"
		}
	}
	pairs := make([]string, 0, 2*len(attrs))
	for _, a := range attrs {
		pairs = append(pairs, "{"+a.Key+"}", orNothing(client.Clean(a.Value.String())))
	}
	h.narrator.line("%s", strings.NewReplacer(pairs...).Replace(sentence))
	return nil
}

func orNothing(text string) string {
	if text == "" || text == "[]" {
		return "no scopes"
	}
	return strings.Trim(text, "[]")
}

func (h narratorHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return narratorHandler{h.narrator, append(append([]slog.Attr{}, h.attrs...), attrs...)}
}

func (h narratorHandler) WithGroup(string) slog.Handler { return h }

// Package library is "Campus Library", a small third-party web app that signs
// people in with Ham. It is what an app developer would write: net/http and
// golang.org/x/oauth2, and nothing of the provider's own code. It speaks either
// of the provider's dialects: see ham.go and openmaster.go.
package library

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	_ "embed"

	"golang.org/x/oauth2"
)

// Config is what the app got when it was registered, and where it is.
type Config struct {
	Provider     string // origin of the provider
	Dialect      Dialect
	ClientID     string
	ClientSecret string
	URL          string // origin of the app itself
}

// Dialect is what providers do each in its own way: where to sign in, what to
// ask for, and how to learn whose a token is. It is Ham or OpenMaster.
type Dialect interface {
	Endpoint(provider string) oauth2.Endpoint
	Scopes() []string
	Reader(ctx context.Context, c Config, calls *http.Client, token *oauth2.Token) (*Reader, error)
}

// Library is the app. It keeps its readers in memory.
type Library struct {
	config Config
	oauth  oauth2.Config
	calls  *http.Client

	mu       sync.Mutex // guards sessions
	sessions map[string]session
}

// session is one browser. Until the callback it holds what the callback must
// match, after it who the reader is.
type session struct {
	state    string
	verifier string
	reader   *Reader
	ends     time.Time
}

// Reader is what the provider says of a person.
type Reader struct {
	ID      string // theirs at this app
	Name    string
	Picture string // an address
	Facts   []Fact
}

// Fact is one line about a reader.
type Fact struct{ Key, Name, Text string }

const notShared = "you did not share it"

func orNotShared(text string) string {
	if text == "" {
		return notShared
	}
	return text
}

// New gives the app for c.
func New(c Config) *Library {
	return &Library{
		config: c,
		oauth: oauth2.Config{
			ClientID: c.ClientID, ClientSecret: c.ClientSecret,
			RedirectURL: c.URL + "/callback",
			Scopes:      c.Dialect.Scopes(),
			Endpoint:    c.Dialect.Endpoint(c.Provider),
		},
		calls:    &http.Client{Timeout: 10 * time.Second},
		sessions: map[string]session{},
	}
}

// Handler serves the app's pages.
func (l *Library) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", l.home)
	mux.HandleFunc("GET /login", l.login)
	mux.HandleFunc("GET /callback", l.callback)
	mux.HandleFunc("POST /logout", l.logout)
	mux.HandleFunc("GET /style.css", file("text/css; charset=utf-8", style))
	mux.HandleFunc("GET /icon.png", picture(drawIcon))
	mux.HandleFunc("GET /people/lin.png", picture(drawPerson))
	return http.NewCrossOriginProtection().Handler(mux)
}

const (
	cookieName  = "library"
	sessionLife = time.Hour
	maxSessions = 1000
)

var (
	//go:embed page.html
	pageText string
	//go:embed style.css
	style []byte
	page  = template.Must(template.New("page").Parse(pageText))
)

type view struct {
	Reader *Reader
	Error  string
}

func (l *Library) home(w http.ResponseWriter, r *http.Request) {
	_, s := l.session(r)
	render(w, http.StatusOK, view{Reader: s.reader})
}

// login begins the sign-in: state and PKCE verifier stay with the session. With
// ?prompt=login the provider makes sure of the person anew.
func (l *Library) login(w http.ResponseWriter, r *http.Request) {
	s := session{state: random(), verifier: oauth2.GenerateVerifier(), ends: time.Now().Add(sessionLife)}
	l.begin(w, s)
	options := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(s.verifier)}
	if r.FormValue("prompt") == "login" {
		options = append(options, oauth2.SetAuthURLParam("prompt", "login"))
	}
	http.Redirect(w, r, l.oauth.AuthCodeURL(s.state, options...), http.StatusSeeOther)
}

// callback is the redirect URI. The state is checked before anything else.
func (l *Library) callback(w http.ResponseWriter, r *http.Request) {
	id, s := l.session(r)
	if s.reader != nil { // back from history: what this answers was answered
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	if s.state == "" || r.FormValue("state") != s.state {
		render(w, http.StatusBadRequest, view{Error: "This sign-in was not begun in this browser."})
		return
	}
	if r.FormValue("error") == "access_denied" { // only who turned that on, or speaks OpenMaster's dialect, is told
		l.end(id)
		render(w, http.StatusOK, view{Error: "You are not signed in: the sign-in was cancelled."})
		return
	}
	reader, err := l.fetch(r.Context(), r.FormValue("code"), s.verifier)
	if err != nil {
		render(w, http.StatusBadGateway, view{Error: "Ham did not confirm the sign-in. Please try again."})
		return
	}
	l.end(id)
	l.begin(w, session{reader: reader, ends: time.Now().Add(sessionLife)})
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// fetch swaps the code for a token and the token for the person's data.
func (l *Library) fetch(ctx context.Context, code, verifier string) (*Reader, error) {
	ctx = context.WithValue(ctx, oauth2.HTTPClient, l.calls)
	token, err := l.oauth.Exchange(ctx, code, oauth2.VerifierOption(verifier))
	if err != nil {
		return nil, fmt.Errorf("exchanging the code: %w", err)
	}
	return l.config.Dialect.Reader(ctx, l.config, l.calls, token)
}

// get reads the JSON that a request is answered with.
func get(calls *http.Client, request *http.Request, into any) error {
	response, err := calls.Do(request)
	if err != nil {
		return fmt.Errorf("asking for the person's data: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return errors.New("asking for the person's data: " + response.Status)
	}
	return json.NewDecoder(io.LimitReader(response.Body, 64<<10)).Decode(into)
}

func (l *Library) logout(w http.ResponseWriter, r *http.Request) {
	id, _ := l.session(r)
	l.end(id)
	http.SetCookie(w, &http.Cookie{Name: cookieName, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode}) //nolint:gosec // http on loopback
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (l *Library) begin(w http.ResponseWriter, s session) {
	id := random()
	l.mu.Lock()
	if len(l.sessions) >= maxSessions {
		clear(l.sessions)
	}
	l.sessions[id] = s
	l.mu.Unlock()
	http.SetCookie(w, &http.Cookie{Name: cookieName, Value: id, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode}) //nolint:gosec // http on loopback
}

func (l *Library) session(r *http.Request) (string, session) {
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		return "", session{}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.sessions[cookie.Value]
	if time.Now().After(s.ends) {
		return cookie.Value, session{}
	}
	return cookie.Value, s
}

func (l *Library) end(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.sessions, id)
}

func random() string {
	var b [16]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func render(w http.ResponseWriter, status int, v view) {
	var out strings.Builder
	if err := page.Execute(&out, v); err != nil {
		http.Error(w, "The page could not be drawn.", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self' https: http://localhost:* http://127.0.0.1:*; form-action 'self'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, out.String()) // a browser that has gone needs no page
}

func file(kind string, body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		_, _ = w.Write(body)
	}
}

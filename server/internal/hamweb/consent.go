package hamweb

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"hamconnect/qr/pairing"
	"hamconnect/server/internal/agree"
	"hamconnect/server/internal/clientauth"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/store"
	"hamconnect/server/internal/web"
)

// askedApp is an app as the front end shows it.
type askedApp struct {
	ClientID string `json:"client_id"`
	Name     string `json:"name"`
	IconURL  string `json:"icon_url,omitempty"` // as the app has given it: ours lets no other origin embed it
}

// askedScope is one thing that is asked.
type askedScope struct {
	Scope       string `json:"scope"`
	Label       string `json:"label"`
	Description string `json:"description"`
	Category    string `json:"category"`
	Granted     bool   `json:"already_granted"`
	Required    bool   `json:"required"`
}

// categories puts scopes under Ham Web's headings.
var categories = map[string]string{
	oauth.ScopeProfile: "profile", oauth.ScopeIsStudent: "identity",
	oauth.ScopeMCP: "mcp", oauth.ScopeMCPRead: "mcp", oauth.ScopeMCPWrite: "mcp",
}

// ConsentInfo answers POST /web/sso/consent/info: it puts the question down
// and gives the nonce that the answer must carry.
func (h *Web) ConsentInfo(w http.ResponseWriter, r *http.Request) error {
	v, err := h.user(r)
	if err != nil {
		return err
	}
	var scopes []string
	in, err := read(r, map[string]any{"scope": &scopes}, requestTexts...)
	if err != nil {
		return err
	}
	request, err := h.Clients.Request(r.Context(), parameters(in, scopes))
	if err == nil && request.Client.Dialect != oauth.Ham {
		err = &oauth.PageError{Parameter: "client_id", Description: "this app is registered for another dialect"}
	}
	if err != nil {
		return err
	}
	asked, err := h.Agreements.Ask(r.Context(), v.Session, v.User, request)
	if err != nil {
		return err
	}
	answer := struct {
		App    askedApp     `json:"app"`
		Scopes []askedScope `json:"scopes"`
		Auto   bool         `json:"can_auto_authorize"`
		Nonce  string       `json:"nonce"`
	}{
		App:    askedApp{request.Client.ID, request.Client.Name, request.Client.IconURL},
		Scopes: []askedScope{}, Auto: asked.Covered, Nonce: asked.Nonce.Reveal(),
	}
	texts := h.Pages.Texts(r)
	for _, name := range request.Scopes {
		s := texts.Scope(web.Scope{Name: name})
		category, known := categories[name]
		if !known {
			category = "other"
		}
		answer.Scopes = append(answer.Scopes, askedScope{
			Scope: name, Label: s.Title, Description: s.Reveals, Category: category,
			Granted: asked.Before.Scopes.Has(name) && asked.Before.Shown == request.Fingerprint(),
		})
	}
	return web.JSON(w, answer)
}

// requestTexts are the parameters of an authorization request beside its scope.
var requestTexts = []string{"client_id", "redirect_uri", "state", "code_challenge", "code_challenge_method"}

// parameters are those of the authorization request that the front end was
// opened with.
func parameters(in clientauth.Form, scopes []string) url.Values {
	q := url.Values{"scope": {strings.Join(scopes, ",")}}
	for _, name := range requestTexts {
		if value := in.Get(name); value != "" {
			q.Set(name, value)
		}
	}
	return q
}

// ConsentConfirm answers POST /web/sso/consent/confirm. Whatever is wrong with
// it, the nonce is spent.
func (h *Web) ConsentConfirm(w http.ResponseWriter, r *http.Request) error {
	v, err := h.changing(r)
	if err != nil {
		return err
	}
	var scopes []string
	in, err := read(r, map[string]any{"scope": &scopes}, "client_id", "redirect_uri", "state", "nonce")
	if err != nil {
		return err
	}
	_, to, _, err := h.Agreements.Answer(r.Context(), v.Session, v.User, agree.Answer{
		Nonce: oauth.Secret(in.Get("nonce")), Allowed: true, MayBeUnasked: true,
		Choose: func(asked oauth.Request) (oauth.Scopes, error) {
			if in.Get("client_id") != asked.Client.ID || in.Get("redirect_uri") != asked.RedirectURI || in.Get("state") != asked.State {
				return nil, agree.ErrAnswered
			}
			// What the app may not ask for at all was left out before, in silence.
			return pairing.Choose(asked.Scopes, oauth.ParseScopes(strings.Join(scopes, ","), asked.Client.Scopes))
		},
	})
	if errors.Is(err, store.ErrExists) {
		return errNonce
	}
	if err != nil {
		return err
	}
	return web.JSON(w, struct {
		To string `json:"redirect_url"`
	}{to})
}

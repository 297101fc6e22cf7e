package oauth

import (
	"encoding/base64"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Request is an authorization request whose client and redirect_uri are
// proven (RFC 6749 §4.1.1). Only Check makes one.
type Request struct {
	Client        Client
	RedirectURI   string
	Scopes        Scopes
	State         string // returned as it came
	Implicit      bool   // the answer is a token, in the fragment (RFC 6749 §4.2)
	CodeChallenge string // S256; empty when PKCE is not used

	// Prompt and MaxAge are as in OpenID Connect Core §3.1.2.1. MaxAge is nil
	// when the app does not care how long ago the person authenticated.
	Prompt Prompt
	MaxAge *time.Duration

	// LoginHint is the open_id by which the app knows who is to sign in, empty
	// if it names nobody (OpenID Connect Core §3.1.2.1).
	LoginHint string
}

// Prompt is how the app wants the person to be asked.
type Prompt string

// The prompts. Without one, what is known already is not asked again.
const (
	PromptNone    Prompt = "none"    // show nothing: answer, or fail
	PromptLogin   Prompt = "login"   // authenticate anew
	PromptConsent Prompt = "consent" // ask anew
)

// Query writes the request as the parameters that would make it again.
func (r Request) Query() url.Values {
	q := url.Values{"client_id": {r.Client.ID}, "redirect_uri": {r.RedirectURI}}
	set := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	set("scope", strings.Join(r.Scopes, ","))
	set("state", r.State)
	set("prompt", string(r.Prompt))
	set("login_hint", r.LoginHint)
	if r.Client.Dialect == OpenMaster {
		set("response_type", r.responseType())
	}
	if r.CodeChallenge != "" {
		set("code_challenge", r.CodeChallenge)
		set("code_challenge_method", "S256")
	}
	if r.MaxAge != nil {
		set("max_age", strconv.Itoa(int(r.MaxAge.Seconds())))
	}
	return q
}

// Path is where the request would begin again, a path on the provider's origin.
func (r Request) Path() string { return r.Client.Dialect.AuthorizePath() + "?" + r.Query().Encode() }

// Limits of what a request may carry, in bytes.
const (
	maxState     = 2048
	maxScopeText = 1024
)

// ClientID gives the client that a request names, or a PageError.
func ClientID(parameters url.Values) (string, error) {
	id, err := single(parameters, "client_id")
	if err != nil {
		return "", &PageError{"client_id", "it is given more than once"}
	}
	if id == "" {
		return "", &PageError{"client_id", "it is missing"}
	}
	return id, nil
}

// Check reads the parameters of an authorization request to client. First the
// client and redirect_uri: while these are in doubt the error is a *PageError.
// Then the rest: what is wrong there is a *RedirectError.
//
// sandbox tells that the server itself runs on loopback, where plain http
// redirects to loopback are allowed.
func Check(parameters url.Values, client Client, sandbox bool) (Request, error) {
	if client.Disabled {
		return Request{}, &PageError{"client_id", "this app is disabled on this server"}
	}
	uri, err := single(parameters, "redirect_uri")
	if err != nil {
		return Request{}, &PageError{"redirect_uri", "it is given more than once"}
	}
	if client.Dialect == OpenMaster && uri == "" && len(client.RedirectURIs) == 1 {
		uri = client.RedirectURIs[0]
	}
	if problem := client.wrongRedirect(uri, sandbox); problem != "" {
		return Request{}, &PageError{"redirect_uri", problem}
	}
	request := Request{Client: client, RedirectURI: uri}
	if refusal := request.read(parameters); refusal != nil {
		return request, request.Refuse(refusal)
	}
	return request, nil
}

// read takes the parameters that may be answered by redirect.
func (r *Request) read(parameters url.Values) *Error {
	values := map[string]string{}
	for _, name := range []string{"state", "response_type", "scope", "code_challenge", "code_challenge_method", "prompt", "max_age", "login_hint"} {
		value, err := single(parameters, name)
		if err != nil {
			return err
		}
		values[name] = value
		if name == "state" { // first: what is refused after it goes back with it
			if len(value) > maxState {
				return refuse(InvalidRequest, "state is longer than 2048 bytes")
			}
			r.State = value
		}
	}
	if refusal := r.readResponseType(values["response_type"]); refusal != nil {
		return refusal
	}
	if len(values["scope"]) > maxScopeText {
		return refuse(InvalidRequest, "scope is longer than 1024 bytes")
	}
	if refusal := r.readPrompt(values["prompt"], values["max_age"]); refusal != nil {
		return refusal
	}
	r.LoginHint = values["login_hint"]
	r.Scopes = ParseScopes(values["scope"], r.Client.Scopes)
	r.CodeChallenge = values["code_challenge"]
	return checkChallenge(r.Client, r.CodeChallenge, values["code_challenge_method"])
}

// readResponseType reads what the answer shall be. Ham's guide has no such
// parameter. OpenMaster's document calls it required and shows a request
// without it; so left out it is "code" there too.
func (r *Request) readResponseType(t string) *Error {
	switch {
	case t == "code" || t == "":
		return nil
	case t == "token" && r.Client.Dialect == OpenMaster:
		r.Implicit = true
		if !r.Client.Implicit {
			return refuse(UnauthorizedClient, "response_type=token is not turned on for this app; use response_type=code")
		}
		return nil
	case r.Client.Dialect == OpenMaster:
		return refuse(UnsupportedResponseType, "response_type must be code or token")
	}
	return refuse(UnsupportedResponseType, "response_type must be code, or be left out")
}

func (r Request) responseType() string {
	if r.Implicit {
		return "token"
	}
	return "code"
}

func (r *Request) readPrompt(prompt, maxAge string) *Error {
	switch r.Prompt = Prompt(prompt); r.Prompt {
	case "", PromptNone, PromptLogin, PromptConsent:
	case "login consent", "consent login":
		r.Prompt = PromptLogin // which asks anew as well
	default:
		return refuse(InvalidRequest, "prompt must be none, login or consent")
	}
	if maxAge == "" {
		return nil
	}
	seconds, err := strconv.ParseUint(maxAge, 10, 31)
	if err != nil {
		return refuse(InvalidRequest, "max_age must be a number of seconds")
	}
	age := time.Duration(seconds) * time.Second
	r.MaxAge = &age
	return nil
}

func checkChallenge(c Client, challenge, method string) *Error {
	if challenge == "" {
		if method != "" {
			return refuse(InvalidRequest, "code_challenge_method is given without code_challenge")
		}
		if c.RequirePKCE {
			return refuse(InvalidRequest, "this app requires PKCE: send code_challenge with code_challenge_method=S256")
		}
		return nil
	}
	if method != "S256" {
		return refuse(InvalidRequest, "code_challenge_method must be S256; plain is not accepted")
	}
	if raw, err := base64.RawURLEncoding.DecodeString(challenge); err != nil || len(raw) != 32 {
		return refuse(InvalidRequest, "code_challenge must be the base64url SHA-256 of the verifier, 43 characters without padding")
	}
	return nil
}

// single gives a parameter's value. Parameters must not be given twice
// (RFC 6749 §3.1); one without a value counts as left out.
func single(parameters url.Values, name string) (string, *Error) {
	switch values := parameters[name]; len(values) {
	case 0:
		return "", nil
	case 1:
		return values[0], nil
	default:
		return "", refuse(InvalidRequest, name+" is given more than once")
	}
}

// answer is redirect_uri with parameters and state added; it keeps a query
// that the address has. What answers response_type=token goes into the
// fragment, which browsers send to nobody (RFC 6749 §4.2.2).
func (r Request) answer(parameters url.Values) string {
	if r.State != "" {
		parameters.Set("state", r.State)
	}
	separator := "?"
	switch {
	case r.Implicit:
		separator = "#"
	case strings.HasSuffix(r.RedirectURI, "?") || strings.HasSuffix(r.RedirectURI, "&"):
		separator = ""
	case strings.Contains(r.RedirectURI, "?"):
		separator = "&"
	}
	return r.RedirectURI + separator + parameters.Encode()
}

// Agreement is how and when a person has allowed a request.
type Agreement struct {
	UserID   string
	Granted  Scopes
	Method   string // for their account's history
	Opener   Opener // what they were signed in by
	At       time.Time
	GrantAge time.Duration // see Decision
	Silent   bool          // nobody was asked: all was allowed before
}

// Grant gives what answers the request once a person has agreed: a code to be
// stored, or with response_type=token one that has given its token already,
// and the address that the browser goes to, which holds the secret.
func (r Request) Grant(a Agreement) (Code, string) {
	code, secret := NewCode(a.At, Code{
		ClientID: r.Client.ID, UserID: a.UserID, RedirectURI: r.RedirectURI,
		Scopes: a.Granted, CodeChallenge: r.CodeChallenge, Method: a.Method, Opener: a.Opener,
	})
	if !a.Silent {
		code.Decision = &Decision{Asked: r.Scopes, Shown: r.Fingerprint(), At: a.At, GrantAge: a.GrantAge}
	}
	if !r.Implicit {
		return code, r.answer(url.Values{"code": {secret.Reveal()}})
	}
	token, text := code.newToken(a.At, r.Client.Dialect)
	code.Spent, code.Token = true, &token
	return code, r.answer(url.Values{
		"access_token": {text.Reveal()}, "token_type": {"bearer"}, "expires_in": {OpenMasterExpiresIn}, "scope": {a.Granted.Commas()},
	})
}

// Refuse turns an error into the form in which it may leave for this client.
func (r Request) Refuse(e *Error) *RedirectError {
	refusal := &RedirectError{Refusal: e}
	if r.Client.WantsErrors() {
		refusal.To = r.answer(url.Values{"error": {string(e.Code)}, "error_description": {e.Description}})
	}
	return refusal
}

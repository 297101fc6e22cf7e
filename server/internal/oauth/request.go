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
	if r.CodeChallenge != "" {
		set("code_challenge", r.CodeChallenge)
		set("code_challenge_method", "S256")
	}
	if r.MaxAge != nil {
		set("max_age", strconv.Itoa(int(r.MaxAge.Seconds())))
	}
	return q
}

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
	switch {
	case err != nil:
		return Request{}, &PageError{"redirect_uri", "it is given more than once"}
	case uri == "":
		return Request{}, &PageError{"redirect_uri", "it is missing"}
	case !client.AllowsRedirect(uri, sandbox):
		return Request{}, &PageError{"redirect_uri", "it is not one of the addresses registered for this app; they are compared character by character"}
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
	if t := values["response_type"]; t != "" && t != "code" {
		return refuse(UnsupportedResponseType, "response_type must be code, or be left out")
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

// Answer is redirect_uri with parameters and state added; it keeps a query
// that the registered address has.
func (r Request) Answer(parameters url.Values) string {
	return answer(r.RedirectURI, r.State, parameters)
}

func answer(redirectURI, state string, parameters url.Values) string {
	if state != "" {
		parameters.Set("state", state)
	}
	separator := "?"
	switch {
	case strings.HasSuffix(redirectURI, "?") || strings.HasSuffix(redirectURI, "&"):
		separator = ""
	case strings.Contains(redirectURI, "?"):
		separator = "&"
	}
	return redirectURI + separator + parameters.Encode()
}

// CodeAnswer is the successful redirect (RFC 6749 §4.1.2).
func CodeAnswer(redirectURI, state string, code Secret) string {
	return answer(redirectURI, state, url.Values{"code": {code.Reveal()}})
}

// Refuse turns an error into the form in which it may leave for this client.
func (r Request) Refuse(e *Error) *RedirectError {
	refusal := &RedirectError{Refusal: e}
	if r.Client.RedirectErrors {
		refusal.To = r.Answer(url.Values{"error": {string(e.Code)}, "error_description": {e.Description}})
	}
	return refusal
}

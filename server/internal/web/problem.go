package web

import (
	"cmp"
	"net/http"
)

// Problem is an error page. Title, Text and Advice are keys of the texts, as in
// the values below, or sentences of the caller's own: what is no key is shown
// as it stands.
type Problem struct {
	Title     string // what happened, in a few words
	Text      string // what it means
	Advice    string // what to do now
	Detail    string // small, such as which parameter it was; may be empty
	RequestID string // to find it in the log; may be empty
	Again     string // where trying again leads, a path on this origin; may be empty
	Label     string // key of what that is called; "again" if empty
}

// The problems that there are texts for.
var (
	// UnknownApp: client_id is missing, unknown or disabled.
	UnknownApp = problem("app")
	// WrongRedirect: redirect_uri is missing, or not one of the app's.
	WrongRedirect = problem("redirect")
	// WrongRequest: some other parameter is missing, twice there or malformed.
	WrongRequest = problem("request")
	// NothingShown: the app asked with prompt=none, and there is something to ask.
	NothingShown = problem("nothingshown")
	// Gone: the pairing is not known, or not this browser's, or over.
	Gone = problem("gone")
	// NoCookies: the browser did not bring the cookie back that it was given.
	NoCookies = problem("cookies")
	// WrongOrigin: the request came from another site's page.
	WrongOrigin = problem("origin")
	// SignedOut: a form came when nobody was signed in any more.
	SignedOut = problem("signedout")
	// LastWayIn: removing it would lock the person out.
	LastWayIn = problem("lastwayin")
	// BadPicture: an uploaded file that is none, or too large.
	BadPicture = problem("badpicture")
	// LinkOver: a link for adding a passkey that is over.
	LinkOver = problem("linkover")
	// BadName: a name that cannot be shown.
	BadName = problem("badname")
	// Cancelled: the person allowed an app nothing.
	Cancelled = problem("cancelled")
	// Answered: a consent page that was answered, or is too old.
	Answered = problem("answered")
	// Disabled: the person may not sign in any more.
	Disabled = problem("disabled")
	// Removed: the passkey that claimed was removed since.
	Removed = problem("removed")
	// Altered: a form that says something else than the page that it is of.
	Altered = problem("altered")
	// NotFound: there is no such page.
	NotFound = problem("notfound")
	// NotAllowed: the page exists, but not for this method.
	NotAllowed = problem("method")
	// TooMany: this address asks too often.
	TooMany = problem("toomany")
	// Failed: the server failed; the log says why.
	Failed = problem("failed")
)

func problem(name string) Problem {
	key := "problem." + name
	return Problem{Title: key + ".title", Text: key + ".text", Advice: key + ".advice"}
}

// With gives p with a detail and the id of the request that met it.
func (p Problem) With(detail, requestID string) Problem {
	p.Detail, p.RequestID = detail, requestID
	return p
}

// Back gives p with a way to go on, a path on this origin.
func (p Problem) Back(path string) Problem {
	p.Again = path
	return p
}

// Home gives p with the way back to the account page.
func (p Problem) Home() Problem {
	p.Again, p.Label = "/account", "account.back"
	return p
}

// Problem writes an error page.
func (p *Pages) Problem(w http.ResponseWriter, r *http.Request, status int, problem Problem) error {
	texts := p.Texts(r)
	problem.Detail = tidy(problem.Detail)
	problem.Label = texts.Get(cmp.Or(problem.Label, "again"))
	problem.Title, problem.Text, problem.Advice = texts.Get(problem.Title), texts.Get(problem.Text), texts.Get(problem.Advice)
	return p.write(w, r, status, "problem", needs{}, problemPage{texts, problem})
}

type problemPage struct {
	Texts
	Problem
}

func (p problemPage) Title() string { return p.Problem.Title }

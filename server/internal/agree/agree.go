// Package agree is how a person who is signed in in a browser agrees to what an
// app asks: when they have to be asked, what their answer is bound to, and
// that it counts once. How they are asked is for the doors.
//
// An answer carries a nonce, whose row says which session was asked, and for
// which authorization request, PKCE challenge and all; answering marks the row
// and stores the code in one step. An answer from another session, or to an
// older question, finds no row.
package agree

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"time"

	"hamconnect/server/internal/limit"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/session"
	"hamconnect/server/internal/store"
)

// Agreements are kept here. All fields are required.
type Agreements struct {
	DB       *store.DB
	Log      *slog.Logger
	Now      func() time.Time
	Asks     *limit.Rate   // questions and silent codes, by session
	GrantAge time.Duration // how old a yes may be that spares the question

	// Request checks the authorization request again when the answer comes.
	Request func(context.Context, url.Values) (oauth.Request, error)
}

var (
	// ErrNotCovered: what is asked was not all allowed before.
	ErrNotCovered = errors.New("agree: not allowed before")
	// ErrTooMany: one session asks for too many questions or codes.
	ErrTooMany = errors.New("agree: too many from this session")
	// ErrAnswered: the question was answered before, or is another session's,
	// or too old.
	ErrAnswered = errors.New("agree: there is no such question to answer")
	// ErrChanged: the app is not what it was when the person was asked.
	ErrChanged = errors.New("agree: the app has changed since the person was asked")
)

// life is how long a question may wait for its answer.
const life = 10 * time.Minute

// unasked begins the nonce of a question that a front end need not put to the
// person, because all was allowed before. What is stored is the hash of the
// whole: nobody can take it off, or put it before another.
const unasked = "unasked."

// Question is what a person is asked.
type Question struct {
	Nonce   oauth.Secret // what the answer must carry
	Before  oauth.Grant  // what they have allowed before, zero if nothing
	Covered bool         // that is all that is asked now
}

// Ask puts a question down.
func (a *Agreements) Ask(ctx context.Context, s session.Session, u oauth.User, request oauth.Request) (q Question, err error) {
	if !a.Asks.Allow(s.ID) {
		return q, ErrTooMany
	}
	q.Before, err = a.DB.Grant(ctx, u.ID, request.Client.ID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return q, fmt.Errorf("looking up what was granted before: %w", err)
	}
	q.Covered = err == nil && q.Before.Covers(request, a.Now(), a.GrantAge)
	q.Nonce = oauth.NewSecret()
	if q.Covered {
		q.Nonce = unasked + q.Nonce
	}
	err = a.DB.AddConsent(ctx, store.Consent{
		Nonce: q.Nonce.Hash(), SessionID: s.ID, Query: request.Query().Encode(), Shown: request.Fingerprint(), Expires: a.Now().Add(life),
	})
	if err != nil {
		return q, fmt.Errorf("storing a question: %w", err)
	}
	return q, nil
}

// Silent gives where a request goes whose scopes were all allowed before. If
// they are not, it is ErrNotCovered, and the person must be asked.
func (a *Agreements) Silent(ctx context.Context, s session.Session, u oauth.User, request oauth.Request) (to string, err error) {
	before, err := a.DB.Grant(ctx, u.ID, request.Client.ID)
	switch {
	case err != nil && !errors.Is(err, store.ErrNotFound):
		return "", fmt.Errorf("looking up what was granted before: %w", err)
	case err != nil || !before.Covers(request, a.Now(), a.GrantAge):
		return "", ErrNotCovered
	case !a.Asks.Allow(s.ID):
		return "", ErrTooMany
	}
	code, to := request.Grant(oauth.Agreement{UserID: u.ID, Granted: request.Scopes, Method: "silent", Opener: opener(s), At: a.Now(), Silent: true})
	code.Covers = a.covers(request)
	err = a.DB.AddCode(ctx, code)
	if errors.Is(err, store.ErrNotFound) {
		return "", ErrNotCovered
	}
	if err != nil {
		return "", fmt.Errorf("storing a code: %w", err)
	}
	a.issued(ctx, request, u, code)
	return to, nil
}

// opener is what the person of s was signed in by.
func opener(s session.Session) oauth.Opener { return oauth.Opener{Method: s.Method, ID: s.Opener} }

func (a *Agreements) covers(request oauth.Request) func(oauth.Grant) bool {
	return func(g oauth.Grant) bool { return g.Covers(request, a.Now(), a.GrantAge) }
}

// Answer is what the person said.
type Answer struct {
	Nonce   oauth.Secret
	Allowed bool
	// MayBeUnasked says that a front end may have answered by itself where all
	// was allowed before. Such an answer makes no yes younger, and is refused
	// if what was allowed has been taken back meanwhile.
	MayBeUnasked bool
	// Choose gives the scopes that they left ticked, of the request that they
	// were asked about. An error of it refuses the answer; the nonce is spent
	// all the same.
	Choose func(oauth.Request) (oauth.Scopes, error)
}

// Answer takes an answer of who was asked in s and gives the request, and
// where the browser goes with the code; nowhere if nothing was allowed. The
// same answer a second time is store.ErrExists, and gives the request's query.
func (a *Agreements) Answer(ctx context.Context, s session.Session, u oauth.User, answer Answer) (request oauth.Request, to, query string, err error) {
	var code oauth.Code
	shown, err := a.DB.AnswerConsent(ctx, answer.Nonce.Hash(), s.ID, answer.Allowed, a.Now(), func(shown store.Consent) (*oauth.Code, error) {
		query, err := url.ParseQuery(shown.Query)
		if err != nil {
			return nil, err
		}
		if request, err = a.Request(ctx, query); err != nil {
			return nil, err
		}
		if !answer.Allowed {
			return nil, nil //nolint:nilnil // no code, and no fault
		}
		if request.Fingerprint() != shown.Shown {
			return nil, ErrChanged
		}
		granted, err := answer.Choose(request)
		if err != nil {
			return nil, err
		}
		if answer.MayBeUnasked && strings.HasPrefix(answer.Nonce.Reveal(), unasked) && slices.Equal(granted, request.Scopes) {
			code, to = request.Grant(oauth.Agreement{UserID: u.ID, Granted: granted, Method: "silent", Opener: opener(s), At: a.Now(), Silent: true})
			code.Covers = a.covers(request)
			return &code, nil
		}
		code, to = request.Grant(oauth.Agreement{UserID: u.ID, Granted: granted, Method: "consent", Opener: opener(s), At: a.Now(), GrantAge: a.GrantAge})
		return &code, nil
	})
	switch {
	case errors.Is(err, store.ErrNotFound):
		return request, "", "", ErrAnswered
	case errors.Is(err, store.ErrExists):
		return request, "", shown.Query, err
	case err != nil:
		return request, "", "", fmt.Errorf("taking an answer: %w", err)
	case answer.Allowed:
		a.issued(ctx, request, u, code)
	}
	return request, to, shown.Query, nil
}

func (a *Agreements) issued(ctx context.Context, request oauth.Request, u oauth.User, code oauth.Code) {
	a.Log.InfoContext(ctx, "code issued", "app", request.Client.Name, "user", u.Nickname, "code", code.Hash.Short())
}
